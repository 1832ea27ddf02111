/**
 * The one chord that leaves the desktop: Ctrl, Alt and Shift held together, then let go, with no other key between.
 *
 * It fires when the first of the three is let go, so that chords of the three *and* another key still reach the
 * desktop. Keys are told by KeyboardEvent.code, as Shift turns Alt's key into Meta on some keyboards.
 */

const THREE = { ControlLeft: "ctrl", ControlRight: "ctrl", AltLeft: "alt", ShiftLeft: "shift", ShiftRight: "shift" };

export class Chord {
  #held = new Set();
  #spoilt = false;

  /** A key went down; `code` as in KeyboardEvent. */
  press(code) {
    this.#held.add(code);
    this.#spoilt ||= !(code in THREE);
  }

  /** A key went up. Answers true where that completes the chord. */
  release(code) {
    const whole = this.#isWhole();
    this.#held.delete(code);
    if (this.#held.size === 0) {
      this.#spoilt = false;
    } else if (whole) {
      this.#spoilt = true;
    }
    return whole;
  }

  /** The window lost the keyboard: nobody will tell which keys go up. */
  forget() {
    this.#held.clear();
    this.#spoilt = false;
  }

  #isWhole() {
    const kinds = new Set([...this.#held].map((code) => THREE[code]));
    return !this.#spoilt && kinds.size === 3;
  }
}
