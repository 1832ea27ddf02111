import assert from "node:assert/strict";
import { test } from "node:test";

import { Chord } from "../src/chord.js";

/** Plays "+Code -Code ..." and answers how often the chord fired. */
function played(keys, chord = new Chord()) {
  const fired = keys.split(" ").map((key) => {
    const code = key.slice(1);
    return key[0] === "+" ? chord.press(code) : chord.release(code);
  });
  return fired.filter((one) => one === true).length;
}

const DOWN = "+ControlLeft +AltLeft +ShiftLeft";
const UP = "-ShiftLeft -AltLeft -ControlLeft";

test("the three fire once, in whatever order", () => {
  assert.equal(played(`${DOWN} ${UP}`), 1);
  assert.equal(played("+ShiftRight +ControlRight +AltLeft -ControlRight -AltLeft -ShiftRight"), 1);
});

test("two of the three do nothing", () => {
  assert.equal(played("+ControlLeft +AltLeft -AltLeft -ControlLeft"), 0);
});

test("the two Shift keys are one", () => {
  assert.equal(played("+ControlLeft +ShiftLeft +ShiftRight -ShiftRight -ShiftLeft -ControlLeft"), 0);
});

test("another key in between belongs to the desktop", () => {
  assert.equal(played(`${DOWN} +KeyS -KeyS ${UP}`), 0);
  assert.equal(played(`+KeyS ${DOWN} ${UP} -KeyS`), 0);
});

test("AltGr is not Alt: it types", () => {
  assert.equal(played("+ControlLeft +AltRight +ShiftLeft -ShiftLeft -AltRight -ControlLeft"), 0);
});

test("keys that repeat while held change nothing", () => {
  assert.equal(played(`${DOWN} +ShiftLeft +ShiftLeft ${UP}`), 1);
});

test("a spoilt chord works again once all keys are up", () => {
  const chord = new Chord();
  assert.equal(played(`${DOWN} +Delete -Delete ${UP}`, chord), 0);
  assert.equal(played(`${DOWN} ${UP}`, chord), 1);
});

test("keys held while the window went away are forgotten", () => {
  const chord = new Chord();
  played("+ControlLeft +AltLeft", chord);
  chord.forget();
  assert.equal(played("+ShiftLeft -ShiftLeft", chord), 0);
});
