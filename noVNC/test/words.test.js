import assert from "node:assert/strict";
import { test } from "node:test";

import { FIRST, next } from "../src/states.js";
import { clockTime, doubt, hint, sentence, wire } from "../src/words.js";

const AT = new Date(2026, 0, 5, 9, 7);
const CONNECTED = [{ kind: "ticket_given" }, { kind: "connected" }].reduce(next, FIRST);

test("a time of day has two digits each", () => {
  assert.equal(clockTime(AT), "09:07");
});

test("every state has its sentence", () => {
  assert.equal(sentence(FIRST), "Asking for a place…");
  assert.equal(sentence(next(FIRST, { kind: "ticket_given" })), "Connecting…");
  assert.equal(sentence(CONNECTED), "Connected. You see and control the desktop.");
  assert.match(sentence(CONNECTED, { viewOnly: true }), /^View only\./);
  assert.match(sentence(CONNECTED, { viewOnly: true, watching: true }), /^Watching\./);
  assert.equal(sentence(next(FIRST, { kind: "no_call", at: AT })), "Waiting for the customer's computer.");
  assert.equal(sentence(next(CONNECTED, { kind: "ended" })), "The session ended.");
});

test("a computer that hung up is not the same as one that never called", () => {
  const lost = next(CONNECTED, { kind: "lost", at: AT });
  assert.match(sentence(lost), /lost at 09:07/);
  const hungUp = next(lost, { kind: "no_call", at: new Date(2026, 0, 5, 9, 9) });
  assert.match(sentence(hungUp), /call ended at 09:07\. Waiting for the customer's computer to call again/);
});

test("a page that connects again says since when", () => {
  const lost = next(CONNECTED, { kind: "lost", at: AT });
  const asking = next(lost, { kind: "again" });
  assert.match(sentence(asking), /^Connecting again….*lost at 09:07/);
  assert.match(sentence(next(asking, { kind: "ticket_given" })), /^Connecting again…/);
});

test("the hint says what is in the way, else when the next attempt is", () => {
  const lost = next(CONNECTED, { kind: "lost", at: AT });
  assert.match(hint(lost), /comes back by itself/);
  const planned = next(lost, { kind: "planned", due: new Date(2026, 0, 5, 9, 7, 8), number: 2 });
  assert.equal(hint(planned), "Try 2 at 09:07:08.");
  assert.equal(hint(next(planned, { kind: "unreachable", message: "The portal is away." })), "The portal is away.");
  assert.equal(hint(CONNECTED), "");
});

test("a refusal is said in its own words, and whether the page tries again", () => {
  const refused = { kind: "refused", message: "This ticket was not used in time." };
  assert.equal(sentence(next(FIRST, refused)), "This ticket was not used in time.");
  assert.match(sentence(next(FIRST, { ...refused, retry: true })), /in time\. Trying again…$/);
});

test("only a call that is not confirmed is doubted, with its address", () => {
  assert.match(doubt({ confirmed: false, address: "198.51.100.7" }), /198\.51\.100\.7/);
  assert.equal(doubt({ confirmed: true, address: "198.51.100.7" }), "");
  assert.equal(doubt(null), "");
});

test("a connection is said to be encrypted or not, and nothing is said where there is none", () => {
  assert.equal(wire({ encrypted: true }), "Encrypted");
  assert.equal(wire({ encrypted: false }), "Not encrypted");
  assert.equal(wire(null), "");
});
