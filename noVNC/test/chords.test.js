import assert from "node:assert/strict";
import { test } from "node:test";

import { CHORDS, strokes } from "../src/chords.js";
import { TO_FRAME, read } from "../src/messages.js";

test("keys are let go in the opposite order", () => {
  const said = strokes(CHORDS["alt-tab"]).map(({ code, down }) => `${down ? "+" : "-"}${code}`);
  assert.deepEqual(said, ["+AltLeft", "+Tab", "-Tab", "-AltLeft"]);
});

test("there are twelve function keys, numbered as X11 does", () => {
  assert.deepEqual(CHORDS.f1, [[0xffbe, "F1"]]);
  assert.deepEqual(CHORDS.f12, [[0xffc9, "F12"]]);
});

test("the frame takes every one of them", () => {
  for (const [name, keys] of Object.entries(CHORDS)) {
    assert.ok(read(TO_FRAME, { kind: "keys", strokes: strokes(keys) }), name);
  }
});
