/** The player's keys, wherever on the page the keyboard is: but whoever is at a field or a button uses that. */

const STEP = 5_000;
const LEAP = 30_000;

/** What a key does to the player, by its name; null where it does nothing. On the bar it has two more of its own. */
export function deed(key, { shift = false, bar = false } = {}) {
  const step = shift ? LEAP : STEP;
  const deeds = {
    ...(bar ? { ArrowDown: (player) => player.step(-step), ArrowUp: (player) => player.step(step) } : {}),
    " ": (player) => player.turn(),
    ArrowLeft: (player) => player.step(-step),
    ArrowRight: (player) => player.step(step),
    Home: (player) => player.seek(0),
    End: (player) => player.seek(Infinity),
  };
  return Object.hasOwn(deeds, key) ? deeds[key] : null;
}

/** Watches the page's keys. */
export function watchKeys(page, player) {
  page.addEventListener("keydown", (event) => {
    const { key, shiftKey: shift, target } = event;
    const found = event.ctrlKey || event.altKey || event.metaKey ? null : deed(key, { shift, bar: target.id === "seek" });
    if (found && !isTaken(event)) {
      event.preventDefault();
      void found(player);
    }
  });
}

/** Space presses buttons and opens what opens; the other keys are a field's own, but the seek bar's are the player's. */
function isTaken({ key, target }) {
  return key === " " ? target.closest("button, summary, select, input:not([type=range]), a") !== null
    : target.closest("select, input:not([type=range], [type=checkbox])") !== null;
}
