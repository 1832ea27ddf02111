import assert from "node:assert/strict";
import { test } from "node:test";

import { Hands } from "../src/hands.js";
import { FakeClock } from "./fakes/clock.js";

/** Hands of a page with a desktop, and all that they hold. */
function made() {
  const clock = new FakeClock();
  const button = { setAttribute(_name, value) { this.pressed = value; } };
  const why = {};
  const page = { getElementById: () => button, querySelectorAll: () => [why] };
  const parts = { screen: {}, bar: {}, typing: {}, clipboard: {} };
  const hands = new Hands(page, parts, clock);
  hands.watching = false;
  hands.live = true;
  return { hands, clock, button, why, ...parts };
}

test("a technician's hands go to the desktop while there is one", () => {
  const { hands, typing, clipboard, screen } = made();
  assert.deepEqual([typing.ready, clipboard.ready, screen.viewOnly ?? false], [true, true, false]);
  hands.live = false;
  assert.deepEqual([typing.ready, clipboard.ready], [false, false]);
});

test("who watches touches nothing, is told why, and cannot choose otherwise", () => {
  const { hands, typing, clipboard, screen, bar, button, why } = made();
  hands.watching = true;
  assert.deepEqual([typing.ready, clipboard.ready, screen.viewOnly], [false, false, true]);
  assert.deepEqual([bar.watching, button.pressed, button.disabled, why.hidden], [true, "true", true, false]);
  hands.live = true;
  assert.equal(typing.ready, false);
});

test("control that comes counts once the relay has heard of it, and only if it stays", async () => {
  const { hands, clock, screen, typing, button, why } = made();
  hands.watching = true;
  hands.watching = false;
  hands.watching = false;
  assert.equal(screen.viewOnly, true);
  await clock.pass(400);
  assert.deepEqual([screen.viewOnly, typing.ready, button.disabled, why.hidden], [false, true, false, true]);
  hands.watching = true;
  hands.watching = false;
  hands.watching = true;
  await clock.pass(400);
  assert.equal(screen.viewOnly, true);
});

test("who chose to look only goes on looking when control comes", async () => {
  const { hands, clock, screen, bar, button } = made();
  hands.turn();
  hands.watching = true;
  hands.watching = false;
  await clock.pass(400);
  assert.deepEqual([screen.viewOnly, bar.watching, button.pressed, button.disabled], [true, false, "true", false]);
  hands.turn();
  assert.equal(screen.viewOnly, false);
});
