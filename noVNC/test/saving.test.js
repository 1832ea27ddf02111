import assert from "node:assert/strict";
import { test } from "node:test";

import { Saving } from "../src/saving.js";
import { FakeClock } from "./fakes/clock.js";

const UNREACHABLE = { ok: false, code: "unreachable", message: "The portal cannot be reached." };

/** `answers` are given one after another, then only good ones. */
function saving(...answers) {
  const clock = new FakeClock();
  const sent = [];
  const told = [];
  const made = new Saving({
    save: async (changes) => { sent.push(changes); return answers.shift() ?? { ok: true }; },
    tell: (what) => told.push(what),
    ...clock,
  });
  return { made, clock, sent, told };
}

test("what is written is sent once, a moment after the last key", async () => {
  const { made, clock, sent, told } = saving();
  made.change("note", "T");
  await clock.pass(500);
  made.change("note", "The");
  made.change("reference", "T-1");
  await clock.pass(799);
  assert.deepEqual(sent, []);
  await clock.pass(1);
  assert.deepEqual(sent, [{ note: "The", reference: "T-1" }]);
  assert.equal(told.at(-1), "saved");
  assert.equal(made.open, false);
});

test("what could not be saved is tried again, with what was written meanwhile", async () => {
  const { made, clock, sent, told } = saving(UNREACHABLE);
  made.change("note", "one");
  await clock.pass(800);
  assert.deepEqual([told.at(-1), made.failed, made.open], ["failed", true, true]);
  made.change("reference", "T-1");
  await clock.pass(800);
  assert.deepEqual(sent.at(-1), { note: "one", reference: "T-1" });
  assert.deepEqual([told.at(-1), made.failed, made.open], ["saved", false, false]);
});

test("a failure is tried again by itself", async () => {
  const { made, clock, sent } = saving(UNREACHABLE, UNREACHABLE);
  made.change("note", "one");
  await clock.pass(800);
  await clock.pass(5000);
  await clock.pass(5000);
  assert.equal(sent.length, 3);
  assert.equal(made.open, false);
});

test("what was written during a save is sent after it, and not lost by its failure", async () => {
  const { made, clock, sent } = saving();
  let finish;
  made.save = (changes) => { sent.push(changes); return new Promise((done) => { finish = done; }); };
  made.change("note", "one");
  const passed = clock.pass(800);
  made.change("note", "two");
  finish(UNREACHABLE);
  await passed;
  const second = clock.pass(5000);
  finish({ ok: true });
  await second;
  assert.deepEqual(sent, [{ note: "one" }, { note: "two" }]);
  assert.equal(made.open, false);
});

test("a refusal that stays is said, kept, and not repeated by itself", async () => {
  const { made, clock, sent, told } = saving({ ok: false, code: "invalid", message: "Too long." });
  made.change("note", "x");
  await clock.pass(800);
  assert.deepEqual([told.at(-1), clock.waits.length, made.open], ["refused", 0, true]);
  made.change("note", "y");
  await clock.pass(800);
  assert.deepEqual(sent.at(-1), { note: "y" });
});

test("leaving sends at once what is open, and nothing where nothing is", async () => {
  const { made, sent } = saving();
  await made.flush();
  made.change("note", "last words");
  await made.flush();
  assert.deepEqual(sent, [{ note: "last words" }]);
});
