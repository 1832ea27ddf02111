import assert from "node:assert/strict";
import { test } from "node:test";

import { QUESTION, RoundTrip } from "../src/round_trip.js";

function trip() {
  const seen = { time: 1000, asked: 0, told: [] };
  const made = new RoundTrip({
    now: () => seen.time, ask: () => { seen.asked += 1; }, tell: (milliseconds) => seen.told.push(milliseconds),
  });
  return { seen, made };
}

test("the question is a whole request for one pixel", () => {
  const bytes = new DataView(Uint8Array.from(QUESTION).buffer);
  assert.deepEqual([bytes.byteLength, bytes.getUint8(0), bytes.getUint8(1)], [10, 3, 0]);
  assert.deepEqual([2, 4, 6, 8].map((at) => bytes.getUint16(at)), [0, 0, 1, 1]);
});

test("the next bytes are the answer", () => {
  const { seen, made } = trip();
  made.tick();
  seen.time += 42;
  made.heard();
  made.heard();
  assert.deepEqual(seen.told, [42]);
});

test("nothing is asked while the last question is open, or the line is busy", () => {
  const { seen, made } = trip();
  made.tick();
  seen.time += 3000;
  made.tick();
  assert.equal(seen.asked, 1);
  made.heard();
  seen.time += 200;
  made.tick();
  assert.equal(seen.asked, 1);
  seen.time += 100;
  made.tick();
  assert.equal(seen.asked, 2);
});
