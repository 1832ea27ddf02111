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
