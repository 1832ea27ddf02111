import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTUAL, FIT, STEP, anchored, fitting, magnified, scaleOf, sizeOf } from "../src/zoom.js";

const VIEW = { width: 1000, height: 600 };
const DESKTOP = { width: 800, height: 600 };

test("a picture that fits is limited by its tighter side", () => {
  assert.equal(fitting(VIEW, DESKTOP), 1);
  assert.equal(fitting({ width: 400, height: 600 }, DESKTOP), 0.5);
  assert.equal(scaleOf(FIT, { width: 400, height: 600 }, DESKTOP), 0.5);
});

test("its place is the view, or as large as the desktop at its scale", () => {
  assert.deepEqual(sizeOf(FIT, VIEW, DESKTOP), VIEW);
  assert.deepEqual(sizeOf(ACTUAL, VIEW, DESKTOP), DESKTOP);
  assert.deepEqual(sizeOf({ fit: false, scale: 2 }, VIEW, DESKTOP), { width: 1600, height: 1200 });
});

test("magnifying begins at what is seen", () => {
  const small = { width: 400, height: 300 };
  assert.deepEqual(magnified(FIT, STEP, small, DESKTOP), { fit: false, scale: 0.625 });
});

test("there and back again is the actual size", () => {
  const large = magnified(ACTUAL, STEP, VIEW, DESKTOP);
  assert.equal(magnified(large, 1 / STEP, VIEW, DESKTOP).scale, 1);
});

test("there is a smallest and a largest picture", () => {
  assert.equal(magnified(ACTUAL, 1000, VIEW, DESKTOP).scale, 8);
  assert.equal(magnified(ACTUAL, 0.001, VIEW, DESKTOP).scale, 0.1);
});

test("the point under the fingers stays", () => {
  // 300 px into the view, and 400 into a picture that was scrolled by 100; twice as large it is 800 in.
  assert.equal(anchored(300, -100, 2), 500);
  // What would have to be left of the picture cannot be scrolled to.
  assert.equal(anchored(300, 200, 2), 0);
});
