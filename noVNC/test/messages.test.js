import assert from "node:assert/strict";
import { test } from "node:test";

import { CLIPBOARD, FROM_CONNECTION, FROM_FRAME, STROKES, TO_FRAME, WORDS, isBytes, read } from "../src/messages.js";

const STROKE = { keysym: 0xff0d, code: "Enter", down: true };

test("what is in the table is read", () => {
  const said = [
    [TO_FRAME, { kind: "viewOnly", on: true }],
    [TO_FRAME, { kind: "zoom", how: "in" }],
    [TO_FRAME, { kind: "quality", quality: 9, compression: 0 }],
    [FROM_FRAME, { kind: "zoomed", percent: 125, fit: false }],
    [TO_FRAME, { kind: "keys", strokes: [STROKE, { ...STROKE, code: null, down: false }] }],
    [FROM_FRAME, { kind: "chord" }],
    [FROM_CONNECTION, { kind: "gone", reason: "" }],
    [FROM_CONNECTION, { kind: "copied", text: "x".repeat(CLIPBOARD) }],
  ];
  for (const [table, message] of said) {
    assert.equal(read(table, message), message);
  }
});

test("what is not in the table is nothing", () => {
  const strange = [null, undefined, 7, "chord", [], {}, { kind: null }, { kind: "open" }, { kind: "toString" },
    { kind: "__proto__" }, new ArrayBuffer(4), { kind: ["chord"] }];
  for (const data of strange) {
    assert.equal(read(FROM_FRAME, data), null);
  }
});

test("a field too many, too few, too long or of another type is nothing", () => {
  const wrong = [
    { kind: "named" },
    { kind: "named", text: 7 },
    { kind: "named", text: "x", more: 1 },
    { kind: "named", text: "x".repeat(WORDS + 1) },
    { kind: "copied", text: "x".repeat(CLIPBOARD + 1) },
    { kind: "rang", loud: true },
  ];
  for (const data of wrong) {
    assert.equal(read(FROM_CONNECTION, data), null, data.kind);
  }
});

test("strokes are checked one by one", () => {
  const wrong = [{ ...STROKE, keysym: -1 }, { ...STROKE, keysym: 2 ** 32 }, { ...STROKE, keysym: 1.5 },
    { ...STROKE, code: "Key A" }, { ...STROKE, down: 1 }, { keysym: 97, down: true }, null];
  for (const stroke of wrong) {
    assert.equal(read(TO_FRAME, { kind: "keys", strokes: [STROKE, stroke] }), null);
  }
  assert.equal(read(TO_FRAME, { kind: "keys", strokes: Array(STROKES + 1).fill(STROKE) }), null);
});

test("bytes are array buffers and nothing that looks like one", () => {
  assert.equal(isBytes(new ArrayBuffer(8)), true);
  assert.equal(isBytes(new Uint8Array(8)), false);
  assert.equal(isBytes({ byteLength: 8 }), false);
});
