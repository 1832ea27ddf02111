import assert from "node:assert/strict";
import { test } from "node:test";

import { Automatic, STEPS } from "../src/quality.js";

function after(...rates) {
  const automatic = new Automatic();
  rates.forEach((rate) => automatic.measured(rate));
  return automatic.levels.quality;
}

test("it begins with noVNC's own choice", () => {
  assert.deepEqual(new Automatic().levels, { quality: 6, compression: 2 });
});

test("two slow measures in a row lead down, one does not", () => {
  assert.equal(after(100_000), 6);
  assert.equal(after(100_000, 100_000), 4);
  assert.equal(after(100_000, 300_000, 100_000), 6);
});

test("four fast measures in a row lead up, three do not", () => {
  const fast = 2_000_000;
  assert.equal(after(fast, fast, fast), 6);
  assert.equal(after(fast, fast, fast, fast), 8);
  assert.equal(after(fast, fast, fast, 500_000, fast), 6);
});

test("a line at the edge between two steps does not make it swing", () => {
  const automatic = new Automatic();
  const seen = new Set();
  for (let count = 0; count < 100; count += 1) {
    seen.add(automatic.measured(count % 2 ? 245_000 : 255_000).quality);
  }
  assert.deepEqual([...seen], [6]);
  // What is just enough for the next step is not enough to go there.
  for (let count = 0; count < 100; count += 1) {
    seen.add(automatic.measured(1_100_000).quality);
  }
  assert.deepEqual([...seen], [6]);
});

test("it goes as far as the steps go, and no further", () => {
  assert.equal(after(...Array(50).fill(10)), STEPS[0].quality);
  assert.equal(after(...Array(50).fill(1e9)), STEPS.at(-1).quality);
});

test("without bad news it tries a step up, but only as far as where it began", () => {
  const coarse = [10, 10, 10, 10];
  assert.equal(after(...coarse), 2);
  assert.equal(after(...coarse, ...Array(7).fill(null)), 2);
  assert.equal(after(...coarse, ...Array(8).fill(null)), 4);
  assert.equal(after(...coarse, ...Array(100).fill(null)), 6);
});

test("a line known to be too slow for the next step is not tried", () => {
  assert.equal(after(100_000, 100_000, ...Array(100).fill(100_000)), 4);
});

test("a trial that goes wrong is not repeated soon", () => {
  const [slow, calm] = [[10, 10], Array(8).fill(null)];
  const once = [...slow, ...calm, ...slow];
  assert.equal(after(...once), 4);
  assert.equal(after(...once, ...calm), 4);
  assert.equal(after(...once, ...calm, ...calm), 6);
});
