/** The player's keys, wherever on the page the keyboard is: but whoever is at a field or a button uses that. */

const STEP = 5_000;
const LEAP = 30_000;

/** What a key does to the player, by its name; null where it does nothing. */
export function deed(key, { shift = false } = {}) {
  const step = shift ? LEAP : STEP;
  const deeds = {
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
    const found = event.ctrlKey || event.altKey || event.metaKey ? null : deed(event.key, { shift: event.shiftKey });
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
