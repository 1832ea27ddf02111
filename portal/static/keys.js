/** The board's keys: one letter each, never while somebody types, and never with Ctrl, Alt or the Windows key. */

const PIECE = "[data-key]";

/** Whether a key press belongs to a field or to the browser, not to the board. */
export function isTheirs({ target, ctrlKey, metaKey, altKey, isComposing }) {
  return ctrlKey || metaKey || altKey || isComposing || target.closest("input, textarea, select, [contenteditable], dialog") !== null;
}

/** Moves the focus to the piece that is `by` places further among those that can be seen. */
export function move(live, by, focused = document.activeElement) {
  const pieces = [...live.querySelectorAll(PIECE)].filter((piece) => piece.checkVisibility());
  const at = pieces.indexOf(focused?.closest(PIECE));
  const first = by > 0 ? 0 : pieces.length - 1;
  const next = at < 0 ? first : Math.min(Math.max(at + by, 0), pieces.length - 1);
  pieces[next]?.focus();
  pieces[next]?.scrollIntoView({ block: "nearest" });
}

/** Does in the piece that has the focus what its control of this name does. */
export function press(name) {
  const control = here()?.querySelector(`[data-focus="${name}"]`);
  control?.click();
  return control ?? null;
}

/** Enter on a piece itself: connects, or goes to the choice that has to be made. On a control it is the control's own. */
export function enter() {
  if (document.activeElement !== here()) return false;
  const connect = press("connect");
  if (!connect) here().querySelector("[data-focus=choice]")?.focus();
  return true;
}

/** x: asks whether to end, with the answer under the next key press; pressed again it takes the question back. */
export function askToEnd() {
  const question = here()?.querySelector("details[data-focus=ask]");
  if (!question) return;
  question.open = !question.open;
  (question.open ? question.querySelector("[data-focus=end-now]") : here()).focus();
}

/** Takes back every question that was asked; answers whether there was one. */
export function keepAll(live) {
  const asked = [...live.querySelectorAll("details.ask[open]")];
  for (const question of asked) {
    const inside = question.contains(document.activeElement);
    question.open = false;
    if (inside) question.closest(PIECE).focus();
  }
  return asked.length > 0;
}

function here() {
  return document.activeElement?.closest(PIECE) ?? null;
}
