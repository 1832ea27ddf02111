/** Who has the keyboard: the desktop, until the chord; the bar, until Escape. */

import { Chord } from "./chord.js";

/** Sets the chord and Escape up on the page; focusScreen gives the keyboard to the desktop. */
export function watchKeys(page, focusScreen) {
  const chord = new Chord();
  const window = page.defaultView;
  const listen = (target, kind, listener) => target.addEventListener(kind, listener, { capture: true });
  listen(window, "keydown", (event) => chord.press(event.code));
  listen(window, "keyup", (event) => chord.release(event.code) && focusBar(page));
  listen(window, "blur", () => chord.forget());
  page.getElementById("bar").addEventListener("keydown", (event) => event.key === "Escape" && focusScreen());
}

/** Takes the keyboard from the desktop to the bar. */
export function focusBar(page) {
  page.getElementById("clipboard").focus();
}
