/** Who has the keyboard: the desktop, until the chord; the bar, until Escape. In the bar, keys zoom and move. */

import { Chord } from "./chord.js";

const STEP = 80;
const IN_BAR = {
  Escape: (screen) => screen.focus(),
  "+": (screen) => screen.zoom("in"),
  "-": (screen) => screen.zoom("out"),
  0: (screen) => screen.zoom("fit"),
  ArrowLeft: (screen) => screen.pan(-STEP, 0),
  ArrowRight: (screen) => screen.pan(STEP, 0),
  ArrowUp: (screen) => screen.pan(0, -STEP),
  ArrowDown: (screen) => screen.pan(0, STEP),
};

/** Sets the chord and the bar's keys up on the page. screen: focus(), zoom(how), pan(x, y). */
export function watchKeys(page, screen) {
  const chord = new Chord();
  const window = page.defaultView;
  const listen = (target, kind, listener) => target.addEventListener(kind, listener, { capture: true });
  listen(window, "keydown", (event) => chord.press(event.code));
  listen(window, "keyup", (event) => chord.release(event.code) && focusBar(page));
  listen(window, "blur", () => chord.forget());
  page.getElementById("bar").addEventListener("keydown", (event) => pressInBar(event, screen));
}

function pressInBar(event, screen) {
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey;
  if (plain && Object.hasOwn(IN_BAR, event.key)) {
    event.preventDefault();
    IN_BAR[event.key](screen);
  }
}

/** Takes the keyboard from the desktop to the bar. */
export function focusBar(page) {
  const clipboard = page.getElementById("clipboard");
  (clipboard.checkVisibility() ? clipboard : page.getElementById("more")).focus();
}
