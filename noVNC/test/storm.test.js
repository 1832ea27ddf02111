import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempts } from "../src/attempts.js";
import { Seating } from "../src/seating.js";
import { Portal } from "../src/tickets.js";
import { Viewer } from "../src/viewer.js";
import { FakeClock } from "./fakes/clock.js";
import { FakeMemory } from "./fakes/memory.js";
import { FakePortal, URLS } from "./fakes/portal.js";

const MINUTE = 60_000;
const REFUSALS = [null, ["seats_full", "Full."], ["portal_error", "Oh."], ["forbidden", "No."]];
const OUTCOMES = ["call_replaced", "usable", "ticket_expired", "ticket_spent", "call_gone"];

/** Numbers from 0 up to 1 that are the same for the same seed. */
function dice(seed) {
  let state = seed;
  return () => { state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32; return state / 2 ** 32; };
}

/** What may happen to a page, by nobody's plan. */
function mishaps({ viewer, server, random }) {
  const one = (list) => list[Math.floor(random() * list.length)];
  return [
    () => viewer.closed({ opened: random() < 0.5, reason: "" }),
    () => viewer.connected(),
    () => viewer.again(),
    () => Promise.all([viewer.wake(), viewer.wake()]),
    () => { server.reachable = random() < 0.7; },
    () => { server.call = random() < 0.8 ? { id: Math.floor(random() * 1000) } : null; },
    () => { server.refusal = one(REFUSALS); },
    () => viewer.act(one(["ask", "take", "give"]), Math.floor(random() * 9)),
    () => { server.outcome = { code: one(OUTCOMES), message: "Why." }; },
    () => { server.seats = random() < 0.5 ? [{ id: 1 + Math.floor(random() * 9), technician: one(["bo", "anna"]), mode: one(["control", "watch"]) }] : []; },
  ];
}

/** Half an hour of mishaps; answers the moments at which a ticket was asked for. */
async function storm(seed) {
  const random = dice(seed);
  const server = new FakePortal();
  const clock = new FakeClock();
  const { now, later, never } = clock;
  const asked = [];
  const fetch = (url, request) => {
    if (url === URLS.tickets_url) asked.push(now().getTime());
    return server.fetch(url, request);
  };
  const portal = new Portal({ fetch, urls: URLS, csrf: "", deadline: () => undefined });
  const viewer = new Viewer({
    portal, seating: new Seating({ portal, me: "bo", mode: "control", admin: false, memory: new FakeMemory(), place: "s1" }),
    screen: { open() {}, close() {}, leave() {} }, face: { show() {}, describe() {} },
    attempts: new Attempts({ now, random }), hidden: () => random() < 0.1, silence: () => 60_000 * random(),
    now, later, never,
  });
  await viewer.start(1);
  const happening = mishaps({ viewer, server, random });
  for (let step = 0; step < 3_600; step += 1) {
    await happening[Math.floor(random() * happening.length)]();
    await clock.pass(Math.floor(1_000 * random()));
  }
  return asked;
}

test("whatever happens, no minute has more than ten attempts", async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const asked = await storm(seed);
    assert.ok(asked.length > 50, `seed ${seed} asked ${asked.length} times`);
    const crowded = asked.findIndex((at, place) => asked[place + 10] < at + MINUTE);
    assert.equal(crowded, -1, `seed ${seed}`);
  }
});
