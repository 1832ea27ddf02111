/** Buttons that copy what another element says. */

const SAID_FOR = 2_000;

/** Shows every such button below `root`, and makes it work. */
export function offerCopying(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

async function copy(button) {
  const label = button.querySelector("span");
  const before = label.dataset.before ?? label.textContent;
  label.dataset.before = before;
  label.textContent = await copied(document.getElementById(button.dataset.copy)) ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { label.textContent = before; }, SAID_FOR);
}

async function copied(source) {
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    return true;
  } catch {
    // Over plain HTTP browsers offer no clipboard; the text is marked for Ctrl+C instead.
    getSelection().selectAllChildren(source);
    source.select?.();
    return false;
  }
}
