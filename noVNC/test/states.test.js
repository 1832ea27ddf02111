import assert from "node:assert/strict";
import { test } from "node:test";

import { FIRST, eventOf, next, pause } from "../src/states.js";

const AT = new Date(2026, 0, 5, 14, 5);
const CALL = { id: 7 };

function after(...events) {
  return events.reduce(next, FIRST);
}

const CONNECTED = after({ kind: "ticket_given" }, { kind: "connected" });
const LOST = next(CONNECTED, { kind: "lost", at: AT });
const WAITING = next(FIRST, { kind: "no_call", at: AT });

test("a ticket leads to a connection, and that to the desktop", () => {
  assert.equal(FIRST.name, "asking");
  assert.equal(after({ kind: "ticket_given" }).name, "connecting");
  assert.equal(CONNECTED.name, "connected");
  assert.equal(CONNECTED.seen, true);
});

test("without a held call the page waits, and asks when one comes", () => {
  assert.equal(WAITING.name, "waiting");
  assert.equal(next(WAITING, { kind: "call_held" }).name, "asking");
});

test("a lost connection is remembered with its time until the desktop is back", () => {
  assert.equal(LOST.since, AT);
  const back = [{ kind: "again" }, { kind: "ticket_given" }, { kind: "connected" }].reduce(next, LOST);
  assert.equal(back.since, null);
});

test("an event that comes too late changes nothing", () => {
  assert.equal(next(LOST, { kind: "ticket_given" }), LOST);
  assert.equal(next(WAITING, { kind: "lost", at: AT }), WAITING);
});

test("nothing follows the end", () => {
  const ended = next(CONNECTED, { kind: "ended" });
  for (const kind of ["again", "call_held", "no_call", "connected", "refused", "unreachable"]) {
    assert.equal(next(ended, { kind, message: "" }), ended);
  }
});

test("a portal out of reach does not hide why the page was refused", () => {
  const refused = next(FIRST, { kind: "refused", message: "Another technician is connected." });
  const blind = next(refused, { kind: "unreachable", message: "The portal cannot be reached." });
  assert.equal(blind.message, "Another technician is connected.");
  assert.equal(blind.trouble, "The portal cannot be reached.");
  assert.equal(next(blind, { kind: "again" }).trouble, "");
});

test("failures are counted until a picture comes", () => {
  const refusal = { kind: "refused", message: "no", retry: true };
  const twice = after(refusal, { kind: "again" }, refusal);
  assert.equal(twice.failures, 2);
  assert.equal([{ kind: "again" }, { kind: "ticket_given" }, { kind: "connected" }].reduce(next, twice).failures, 0);
});

test("pauses begin at two seconds and end at ten", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 50].map(pause), [2000, 2000, 4000, 8000, 10000, 10000, 10000]);
});

test("a session seen to be over ends the page, with the reason", () => {
  assert.deepEqual(eventOf({ state: "closed", call: null }, LOST, 7, AT), { kind: "ended", message: "" });
  assert.match(eventOf({ state: "expired", call: null }, WAITING, null, AT).message, /time is up/);
});

test("a call that is gone means waiting, a call that came means asking", () => {
  assert.deepEqual(eventOf({ state: "waiting", call: null }, LOST, 7, AT), { kind: "no_call", at: AT });
  assert.deepEqual(eventOf({ state: "connected", call: CALL }, WAITING, 7, AT), { kind: "call_held" });
});

test("a lost page asks by itself whenever a call is held", () => {
  const held = { state: "connected", call: CALL };
  assert.deepEqual(eventOf(held, LOST, 7, AT), { kind: "call_held" });
  assert.deepEqual(eventOf(held, LOST, 6, AT), { kind: "call_held" });
});

test("a page that was refused for good asks by itself only for another call than the one it knew", () => {
  const held = { state: "connected", call: CALL };
  const refused = next(FIRST, { kind: "refused", message: "no" });
  assert.equal(eventOf(held, refused, 7, AT), null);
  assert.equal(eventOf(held, refused, null, AT), null);
  assert.deepEqual(eventOf(held, refused, 6, AT), { kind: "call_held" });
  assert.deepEqual(eventOf(held, { ...refused, retry: true }, 7, AT), { kind: "call_held" });
});

test("a connected page hears of nothing but the end", () => {
  assert.equal(eventOf({ state: "waiting", call: null }, CONNECTED, 7, AT), null);
  assert.equal(eventOf({ state: "connected", call: CALL }, CONNECTED, 6, AT), null);
  assert.equal(eventOf({ state: "closed", call: null }, CONNECTED, 7, AT).kind, "ended");
});

test("a planned attempt is forgotten with whatever happens next", () => {
  const planned = next(LOST, { kind: "planned", due: AT, number: 3 });
  assert.deepEqual([planned.name, planned.due, planned.number], ["lost", AT, 3]);
  assert.equal(next(planned, { kind: "unreachable", message: "no" }).due, null);
});
