import assert from "node:assert/strict";
import { test } from "node:test";

import { Attempts } from "../src/attempts.js";
import { Seating } from "../src/seating.js";
import { Portal } from "../src/tickets.js";
import { Viewer } from "../src/viewer.js";
import { sentence } from "../src/words.js";
import { FakeClock } from "./fakes/clock.js";
import { FakeMemory } from "./fakes/memory.js";
import { FakePortal, URLS } from "./fakes/portal.js";

/** A viewer over a made-up portal and clock; `opened` collects what the screen was told to open. */
function page() {
  const server = new FakePortal();
  const clock = new FakeClock();
  const opened = [];
  const screen = { open: (url) => opened.push(url), close: () => opened.push("close"), leave: () => opened.push("leave") };
  const shown = [];
  const described = [];
  const face = { show: (state) => shown.push(state.name), describe: (session) => described.push(session) };
  const portal = new Portal({ fetch: server.fetch, urls: URLS, csrf: "", deadline: () => undefined });
  const { now, later, never } = clock;
  const seen = { hidden: false, silence: 0 };
  const attempts = new Attempts({ now, random: () => 0.5 });
  const [hidden, silence] = [() => seen.hidden, () => seen.silence];
  const memory = new FakeMemory();
  const seating = new Seating({ portal, me: "bo", mode: "control", admin: false, memory, place: "s1" });
  const viewer = new Viewer({ portal, seating, screen, face, attempts, hidden, silence, now, later, never });
  return { viewer, seating, memory, server, clock, opened, shown, described, seen };
}

async function connectedPage() {
  const parts = page();
  await parts.viewer.start(1);
  await parts.viewer.connected();
  return parts;
}

const CLOSED = { opened: true, reason: "" };
const TURNED_AWAY = { opened: false, reason: "" };

test("a page with a held call gets a ticket and opens the screen with it", async () => {
  const { shown, opened } = await connectedPage();
  assert.deepEqual(shown, ["asking", "connecting", "connected"]);
  assert.deepEqual(opened, ["ws://relay/?token=s1.t1"]);
});

test("a connected page looks now and then, and says whose call it is", async () => {
  const { server, clock, described } = await connectedPage();
  assert.deepEqual(clock.waits, [15_000]);
  assert.equal(described.at(-1).call.desktop, "xp");
  server.seats = [{ technician: "anna", mode: "watch" }];
  await clock.pass(15_000);
  assert.equal(described.at(-1).seats.length, 1);
  assert.deepEqual(clock.waits, [15_000]);
  server.reachable = false;
  await clock.pass(15_000);
  assert.deepEqual(clock.waits, [15_000]);
});

test("a page woken twice at once goes on looking once", async () => {
  const { viewer, clock } = await connectedPage();
  await Promise.all([viewer.wake(), viewer.wake()]);
  assert.deepEqual(clock.waits, [15_000]);
});

test("a session ended elsewhere is noticed also where the connection lives on", async () => {
  const { viewer, server, clock, opened } = await connectedPage();
  Object.assign(server, { state: "closed", call: null });
  await clock.pass(15_000);
  assert.equal(viewer.state.name, "ended");
  assert.equal(opened.at(-1), "leave");
});

test("without a call the page looks every two seconds and connects by itself", async () => {
  const { viewer, server, clock, opened } = page();
  server.call = null;
  await viewer.start();
  assert.equal(viewer.state.name, "waiting");
  await clock.pass(2000);
  await clock.pass(2000);
  assert.equal(server.tickets, 1);
  assert.deepEqual(clock.waits, [2000]);
  server.call = { id: 1 };
  await clock.pass(2000);
  assert.equal(viewer.state.name, "connecting");
  assert.equal(opened.length, 1);
});

test("a lost picture comes back by itself, with a new ticket", async () => {
  const { viewer, clock, opened } = await connectedPage();
  await clock.pass(15_000);
  await viewer.closed(CLOSED);
  assert.equal(viewer.state.name, "lost");
  assert.equal(viewer.state.number, 1);
  assert.deepEqual(clock.waits, [1000]);
  await clock.pass(1000);
  assert.equal(viewer.state.name, "connecting");
  assert.deepEqual(opened, ["ws://relay/?token=s1.t1", "ws://relay/?token=s1.t2"]);
});

test("a picture that goes as soon as it comes is asked for ever more slowly, at most ten times a minute", async () => {
  const { viewer, server, clock } = await connectedPage();
  const waits = [];
  for (let attempt = 1; attempt <= 6; attempt += 1) {
    await viewer.closed(CLOSED);
    waits.push(...clock.waits);
    await clock.pass(clock.waits[0]);
    await viewer.connected();
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 15_000, 30_000]);
  assert.equal(server.tickets, 7);
});

test("a click on Connect now makes the next attempt at once, but not the eleventh of a minute", async () => {
  const { viewer, server, clock } = await connectedPage();
  for (let attempt = 2; attempt <= 10; attempt += 1) {
    await viewer.closed(CLOSED);
    await viewer.again();
    await viewer.connected();
  }
  assert.equal(server.tickets, 10);
  await viewer.closed(CLOSED);
  await viewer.again();
  assert.equal(server.tickets, 10);
  assert.equal(viewer.state.name, "lost");
  assert.deepEqual(clock.waits, [60_000]);
});

test("a page that nobody sees waits, and looks when it is seen again", async () => {
  const { viewer, server, clock, seen } = await connectedPage();
  await viewer.closed(CLOSED);
  seen.hidden = true;
  await clock.pass(60_000);
  assert.equal(server.tickets, 1);
  assert.deepEqual(clock.waits, []);
  seen.hidden = false;
  await viewer.wake();
  assert.equal(viewer.state.name, "connecting");
});

test("a silent picture is given up only where the portal cannot be reached either", async () => {
  const { server, clock, opened, seen } = await connectedPage();
  seen.silence = 60_000;
  await clock.pass(15_000);
  assert.equal(opened.at(-1), "ws://relay/?token=s1.t1");
  server.reachable = false;
  seen.silence = 9_000;
  await clock.pass(15_000);
  assert.equal(opened.at(-1), "ws://relay/?token=s1.t1");
  seen.silence = 24_000;
  await clock.pass(15_000);
  assert.equal(opened.at(-1), "close");
});

test("the network's return is a moment to look, not a licence to try", async () => {
  const { viewer, server } = await connectedPage();
  await viewer.closed(CLOSED);
  await viewer.wake();
  await viewer.wake();
  assert.equal(server.tickets, 1);
});

test("a computer that hangs up is waited for, and its next call is connected", async () => {
  const { viewer, server, clock } = await connectedPage();
  server.call = null;
  await viewer.closed(CLOSED);
  assert.match(sentence(viewer.state), /Waiting for the customer's computer to call again/);
  server.call = { id: 2 };
  await clock.pass(2000);
  assert.equal(viewer.state.name, "connecting");
});

test("a computer that calls again between two looks is connected too", async () => {
  const { viewer, server, clock } = await connectedPage();
  await viewer.closed(CLOSED);
  server.call = { id: 2 };
  await clock.pass(2000);
  assert.equal(viewer.state.name, "connecting");
});

test("a session ended elsewhere ends the page and takes the picture away", async () => {
  const { viewer, server, opened } = await connectedPage();
  Object.assign(server, { state: "closed", call: null });
  await viewer.closed(CLOSED);
  assert.equal(viewer.state.name, "ended");
  assert.equal(opened.at(-1), "leave");
});

test("the technician's end is the portal's end, and nothing goes on", async () => {
  const { viewer, server, clock } = await connectedPage();
  assert.equal((await viewer.end()).ok, true);
  assert.equal(server.state, "closed");
  await viewer.closed(CLOSED);
  assert.equal(viewer.state.name, "ended");
  assert.deepEqual(clock.waits, []);
});

test("an end that the portal did not hear leaves the picture", async () => {
  const { viewer, server } = await connectedPage();
  server.reachable = false;
  assert.equal((await viewer.end()).ok, false);
  assert.equal(viewer.state.name, "connected");
});

test("a ticket turned away is asked about with its own token, and the portal's words are shown", async () => {
  const { viewer, server } = page();
  await viewer.start();
  await viewer.closed(TURNED_AWAY);
  assert.deepEqual(server.asked.at(-1), { url: "/outcome", body: { token: "s1.t1" } });
  assert.equal(sentence(viewer.state), "Too late.");
});

test("a refusal that passes is tried again, ever more slowly", async () => {
  const { viewer, server, clock } = page();
  server.outcome = { code: "call_replaced", message: "Over." };
  await viewer.start();
  const began = clock.now();
  const at = [];
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await viewer.closed(TURNED_AWAY);
    while (server.tickets === attempt) {
      await clock.pass(clock.waits[0]);
    }
    at.push((clock.now() - began) / 1000);
  }
  assert.deepEqual(at, [2, 6, 14, 24, 39]);
});

test("a refusal that stays is not tried again, but the session is looked after", async () => {
  const { viewer, server, clock } = page();
  await viewer.start(1);
  await viewer.closed(TURNED_AWAY);
  await clock.pass(2000);
  assert.equal(server.tickets, 1);
  server.call = null;
  await clock.pass(2000);
  assert.equal(viewer.state.name, "waiting");
});

test("a page that finds no free seat asks again", async () => {
  const { viewer, server } = page();
  server.refusal = ["seats_full", "Every seat is taken."];
  await viewer.start();
  assert.equal(sentence(viewer.state), "Every seat is taken. Trying again…");
});

const ANNA = { id: 6, technician: "anna", mode: "control" };
const BO = { id: 7, technician: "bo", mode: "watch" };

/** A page that watches while anna has control. */
async function watchingPage() {
  const parts = page();
  Object.assign(parts.server, { mode: "watch", seat: 7, seats: [ANNA, BO] });
  await parts.viewer.start(1);
  assert.equal(parts.seating.mode, "watch");
  await parts.viewer.connected();
  return parts;
}

test("while several are there the page looks every two seconds, and learns that control came", async () => {
  const { server, clock, seating } = await watchingPage();
  assert.deepEqual(clock.waits, [2000]);
  server.seats = [{ ...ANNA, mode: "watch" }, { ...BO, mode: "control" }];
  await clock.pass(2000);
  assert.equal(seating.mode, "control");
  server.seats = server.seats.slice(1);
  await clock.pass(2000);
  assert.deepEqual(clock.waits, [15_000]);
});

test("what the technician settles is shown at once, and no older answer undoes it", async () => {
  const { viewer, server, clock, seating } = await watchingPage();
  const looking = clock.pass(2000);
  server.seats = [ANNA, { ...BO, asks: true }];
  await viewer.act("ask", 7);
  assert.equal(seating.scene.own.asks, true);
  await looking;
  assert.equal(seating.scene.own.asks, true);
  assert.deepEqual(server.deeds, ["ask 7"]);
  assert.deepEqual(clock.waits, [2000]);
});

test("what was refused is answered with its reason", async () => {
  const { viewer, server } = await watchingPage();
  server.refusal = ["control_taken", "Another technician has control."];
  assert.equal((await viewer.act("take", 7)).message, "Another technician has control.");
});

test("a page that comes back wants what it had, and ends the seat that it left behind", async () => {
  const { viewer, server, clock, memory } = await watchingPage();
  await viewer.closed(CLOSED);
  Object.assign(server, { seat: 8, seats: [ANNA, BO, { ...BO, id: 8 }] });
  await clock.pass(clock.waits[0]);
  await viewer.connected();
  assert.equal(server.asked.filter(({ url }) => url === "/tickets").at(-1).body.mode, "watch");
  assert.deepEqual(server.deeds, ["leave 7"]);
  assert.equal(memory.getItem("reachback.seat.s1"), "8");
});

test("a page whose control went on in another window of the same technician does not take it back", async () => {
  const { viewer, server, clock } = page();
  Object.assign(server, { seat: 7, seats: [{ ...BO, mode: "control" }] });
  await viewer.start(1);
  await viewer.connected();
  server.seats = [{ ...BO, mode: "watch" }, { ...BO, id: 9, mode: "control" }];
  await clock.pass(15_000);
  await viewer.closed(CLOSED);
  assert.match(sentence(viewer.state), /went on in another window/);
  await clock.pass(60_000);
  assert.equal(server.tickets, 1);
  await viewer.again();
  assert.deepEqual(server.asked.findLast(({ url }) => url === "/tickets").body, { mode: "control" });
});

test("a page that could not ask which seat it got takes the newest of its technician's", async () => {
  const { viewer, server, seating } = page();
  Object.assign(server, { seats: [{ ...BO, id: 3 }, { ...BO, id: 9 }] });
  await viewer.start(1);
  await viewer.connected();
  assert.equal(seating.scene.own.id, 9);
});

test("a session that had ended before the page was opened says so", async () => {
  const { viewer, server } = page();
  server.state = "closed";
  await viewer.start();
  assert.equal(viewer.state.name, "ended");
});

test("a portal out of reach is said, and asked again with growing pauses", async () => {
  const { viewer, server, clock } = page();
  server.call = null;
  await viewer.start();
  server.reachable = false;
  await clock.pass(2000);
  assert.match(viewer.state.trouble, /cannot be reached/);
  await clock.pass(clock.waits[0]);
  assert.deepEqual(clock.waits, [8000]);
  server.reachable = true;
  await clock.pass(8000);
  assert.equal(viewer.state.trouble, "");
});

test("a desktop that never answers is given up, then explained", async () => {
  const { viewer, clock, opened } = page();
  await viewer.start();
  await clock.pass(20_000);
  assert.equal(opened.at(-1), "close");
  await viewer.closed(TURNED_AWAY);
  assert.equal(viewer.state.name, "refused");
});

test("a screen that cannot go on is closed and says why", async () => {
  const { viewer, opened, server } = await connectedPage();
  await viewer.stopped("A password was asked for.");
  await viewer.closed(CLOSED);
  assert.equal(sentence(viewer.state), "A password was asked for.");
  assert.equal(opened.at(-1), "close");
  assert.equal(server.tickets, 1);
});

test("a browser that refuses to open the channel is not asked twice", async () => {
  const { viewer } = page();
  viewer.screen.open = () => { throw new Error("SecurityError"); };
  await viewer.start();
  assert.match(sentence(viewer.state), /browser refused/);
  assert.equal(viewer.state.retry, false);
});

test("a ticket that comes after the end opens nothing", async () => {
  const { viewer, opened } = page();
  const started = viewer.start();
  await viewer.end();
  await started;
  assert.deepEqual(opened, ["leave"]);
  assert.equal(viewer.state.name, "ended");
});
