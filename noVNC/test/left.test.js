import assert from "node:assert/strict";
import { test } from "node:test";

import { ago, rate, timeLeft } from "../src/left.js";

const NOW = new Date(2026, 0, 5, 12);
const left = (minutes) => timeLeft(new Date(NOW.getTime() + minutes * 60_000), NOW);

test("time left is hours and minutes, and never less than it is", () => {
  assert.deepEqual([125, 120, 60, 59.2, 1, 0.1].map(left),
    ["2 h 5 min left", "2 h left", "1 h left", "1 h left", "1 min left", "1 min left"]);
  assert.equal(left(59), "59 min left");
  assert.deepEqual([0, -5].map(left), ["Time is up", "Time is up"]);
});

test("how long ago is said as coarsely as it matters", () => {
  assert.deepEqual([0, 999, 59_999, 60_000, 3_600_000].map(ago),
    ["0 s ago", "0 s ago", "59 s ago", "1 min ago", "1 h ago"]);
});

test("bandwidth has a unit that fits", () => {
  assert.deepEqual([0, 999, 1_499, 400_000, 2_340_000].map(rate),
    ["0 B/s", "999 B/s", "1 kB/s", "400 kB/s", "2.3 MB/s"]);
});
