/** Sends the board's small forms without leaving it: nothing scrolls, and what changed is drawn at once. */

const FAILED = "The server did not answer. Nothing is known to have changed; look at the row, and try again.";

/** Takes over every form with data-send: `done` is called after a change, `problem` with words about a refusal. */
export function takeOver(root, { done, problem }) {
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-send]")) return;
    event.preventDefault();
    send(event.target, event.submitter).then((words) => {
      problem(words);
      done();
    });
  });
}

/** Answers what is wrong; empty where it was done. */
async function send(form, button) {
  const body = new URLSearchParams(new FormData(form));
  if (button?.name) body.set(button.name, button.value);
  try {
    const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    return answer.type === "opaqueredirect" ? "" : refusal(await answer.text());
  } catch {
    return FAILED;
  }
}

/** A refused form is answered with a whole page, which says why. */
function refusal(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const said = page.querySelector("[role=alert]:not([hidden]), .card p");
  return said?.textContent.trim() || FAILED;
}
