import assert from "node:assert/strict";
import { test } from "node:test";

import { Meter } from "../src/meter.js";

/** A burst of `count` pieces, `apart` milliseconds from each other. */
function burst(meter, { from, bytes, count, apart }) {
  for (let at = 0; at < count; at += 1) {
    meter.note(bytes, from + at * apart);
  }
}

test("before anything came nothing is known", () => {
  const meter = new Meter();
  assert.equal(meter.capacity(0), null);
  assert.equal(meter.flow(0), 0);
  assert.equal(meter.last, null);
});

test("a burst tells what the line carries, without its first piece", () => {
  const meter = new Meter();
  burst(meter, { from: 1000, bytes: 10_000, count: 11, apart: 50 });
  assert.equal(meter.capacity(2000), 200_000);
});

test("a burst that is still going on is not judged yet", () => {
  const meter = new Meter();
  burst(meter, { from: 1000, bytes: 10_000, count: 11, apart: 50 });
  assert.equal(meter.capacity(1510), null);
});

test("on a slow line the pieces of one update come far apart, and its end is known by the next request", () => {
  const meter = new Meter();
  meter.asked();
  burst(meter, { from: 1000, bytes: 1_000, count: 21, apart: 200 });
  meter.asked();
  assert.equal(meter.capacity(5001), 5_000);
});

test("small updates in a row are not one slow one", () => {
  const meter = new Meter();
  for (let at = 0; at < 20; at += 1) {
    meter.asked();
    meter.note(1_000, at * 200);
  }
  meter.asked();
  assert.equal(meter.capacity(60_000), null);
});

test("small talk tells nothing of the line", () => {
  const meter = new Meter();
  burst(meter, { from: 0, bytes: 100, count: 50, apart: 100 });
  burst(meter, { from: 10_000, bytes: 100, count: 15, apart: 10 });
  assert.equal(meter.capacity(60_000), null);
  assert.equal(meter.bursts, 0);
});

test("a line that becomes slow is known after a few updates, however fast it was", () => {
  const meter = new Meter();
  meter.asked();
  meter.note(100_000, 0);
  meter.asked();
  for (let second = 1; second <= 12; second += 4) {
    burst(meter, { from: second * 1000, bytes: 1_000, count: 21, apart: 100 });
    meter.asked();
  }
  assert.ok(meter.capacity(20_000) < 20_000, String(meter.capacity(20_000)));
  assert.equal(meter.bursts, 4);
});

test("one large piece is a fast line, not an endlessly fast one", () => {
  const meter = new Meter();
  meter.note(100_000, 0);
  assert.equal(meter.capacity(1000), 10_000_000);
});

test("one odd burst does not overturn what many said", () => {
  const meter = new Meter();
  for (let second = 1; second <= 20; second += 1) {
    burst(meter, { from: second * 1000, bytes: 10_000, count: 11, apart: 50 });
  }
  burst(meter, { from: 30_000, bytes: 10_000, count: 11, apart: 5 });
  const known = meter.capacity(40_000);
  assert.ok(known > 200_000 && known < 800_000, String(known));
});

test("what comes now is the mean of the last two seconds", () => {
  const meter = new Meter();
  meter.note(9_000, 0);
  meter.note(3_000, 1500);
  meter.note(1_000, 2500);
  assert.equal(meter.flow(2500), 2_000);
  assert.equal(meter.flow(9_000), 0);
  assert.equal(meter.last, 2500);
});
