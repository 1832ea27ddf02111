import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempts } from "../src/attempts.js";
import { FakeClock } from "./fakes/clock.js";

function attempts(random = () => 0.5) {
  const clock = new FakeClock();
  return { clock, made: new Attempts({ now: clock.now, random }) };
}

test("the first attempt may be made at once", () => {
  assert.equal(attempts().made.wait(), 0);
});

test("pauses grow up to half a minute", async () => {
  const { clock, made } = attempts();
  const waits = [];
  for (let count = 0; count < 8; count += 1) {
    made.begin();
    waits.push(made.wait());
    await clock.pass(made.wait());
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000]);
});

test("pauses are shorter or longer by a fifth at most", () => {
  for (const [random, wait] of [[0, 800], [0.999, 1200]]) {
    const { made } = attempts(() => random);
    made.begin();
    assert.equal(made.wait(), wait);
  }
});

test("a connection that lasted begins anew, one that did not counts on", async () => {
  const { made } = attempts();
  made.begin();
  made.over(9_999);
  assert.equal(made.number, 2);
  made.over(10_000);
  assert.equal(made.number, 1);
  assert.equal(made.wait(), 1000);
});

test("a person need not wait for the pause, but nobody gets an eleventh attempt in a minute", async () => {
  const { clock, made } = attempts();
  for (let count = 0; count < 10; count += 1) {
    assert.equal(made.wait({ asked: true }), 0);
    made.begin();
    await clock.pass(1000);
  }
  assert.equal(made.wait({ asked: true }), 50_000);
  made.over(20_000);
  assert.equal(made.wait(), 50_000);
  await clock.pass(50_000);
  assert.equal(made.wait({ asked: true }), 0);
});
