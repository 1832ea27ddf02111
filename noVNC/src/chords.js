/** Keys that the technician's own machine would keep for itself, or that a phone does not have. */

const CTRL = [0xffe3, "ControlLeft"];
const ALT = [0xffe9, "AltLeft"];
const F1 = 0xffbe;

/** By the name on the button: keys as [keysym, code], in the order in which they are pressed. */
export const CHORDS = Object.freeze({
  "ctrl-alt-del": [CTRL, ALT, [0xffff, "Delete"]],
  windows: [[0xffeb, "MetaLeft"]],
  "alt-tab": [ALT, [0xff09, "Tab"]],
  print: [[0xff61, "PrintScreen"]],
  ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`f${at + 1}`, [[F1 + at, `F${at + 1}`]]])),
});

/** Keys pressed one after another, then let go in the opposite order: [{keysym, code, down}]. */
export function strokes(keys) {
  const stroke = (down) => ([keysym, code]) => ({ keysym, code, down });
  return [...keys.map(stroke(true)), ...[...keys].reverse().map(stroke(false))];
}
