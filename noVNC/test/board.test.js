/** Those parts of the board's script that need no page; the others are tried in a browser. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Alarm } from "../../portal/static/alarm.js";
import { fits, wordsOf } from "../../portal/static/filter.js";
import { isTheirs } from "../../portal/static/keys.js";
import { claim } from "../../portal/static/news.js";
import { pause } from "../../portal/static/poller.js";
import { lasting, remaining } from "../../portal/static/times.js";

const HOUR = 3_600_000;

function storage(kept = {}) {
  return { getItem: (name) => kept[name] ?? null, setItem: (name, value) => { kept[name] = value; } };
}

function calls(...numbers) {
  return numbers.map((call) => ({ call, news: `call ${call}` }));
}

function pressed(key, more = {}, inside = null) {
  return { key, target: { closest: () => inside }, ...more };
}

test("a call is told by the first tab that asks, and by no other", async () => {
  const shared = storage();
  const here = { storage: shared, locks: null, now: 0 };
  assert.deepEqual((await claim(calls("1", "2"), here)).map(({ call }) => call), ["1", "2"]);
  assert.deepEqual((await claim(calls("2", "3"), here)).map(({ call }) => call), ["3"]);
});

test("an hour later a number may be another call's", async () => {
  const shared = storage();
  await claim(calls("1"), { storage: shared, locks: null, now: 0 });
  assert.equal((await claim(calls("1"), { storage: shared, locks: null, now: HOUR - 1 })).length, 0);
  assert.equal((await claim(calls("1"), { storage: shared, locks: null, now: HOUR })).length, 1);
});

test("what somebody else left in the storage does no harm", async () => {
  for (const left of ["{", "7", "[1, null]", "{\"a\": 1}"]) {
    const shared = storage({ "reachback.rung": left });
    assert.equal((await claim(calls("1"), { storage: shared, locks: null, now: 0 })).length, 1);
  }
});

test("where the browser has locks, tabs take turns", async () => {
  const asked = [];
  const locks = { request: async (name, take) => { asked.push(name); return take(); } };
  assert.equal((await claim(calls("1"), { storage: storage(), locks, now: 0 })).length, 1);
  assert.deepEqual(asked, ["reachback.rung"]);
});

test("a filter wants all words, in large or small letters", () => {
  assert.ok(fits("Bäckerei Huber\nT-1", wordsOf("  BÄCK t-1 ")));
  assert.ok(!fits("Bäckerei Huber", wordsOf("huber gray")));
  assert.ok(fits("anything", wordsOf("")));
});

test("keys with Ctrl, in fields, or of an input method are not the board's", () => {
  assert.ok(!isTheirs(pressed("n")));
  assert.ok(isTheirs(pressed("n", {}, "a field")));
  for (const one of ["ctrlKey", "metaKey", "altKey", "isComposing"]) assert.ok(isTheirs(pressed("n", { [one]: true })));
});

test("failures are asked about less and less often, and what nobody sees as well", () => {
  assert.deepEqual([0, 1, 2, 9].map((failures) => pause(failures)), [1_500, 3_000, 6_000, 30_000]);
  assert.deepEqual([0, 1, 9].map((failures) => pause(failures, true)), [5_000, 10_000, 30_000]);
});

test("an alarm goes off once, and not when it was cleared or set anew", () => {
  const sent = [];
  const worker = { postMessage: (wait) => sent.push(wait) };
  const alarm = new Alarm("metronome.js", () => worker);
  let gone = 0;
  alarm.set(() => { gone += 1; }, 10);
  alarm.set(() => { gone += 10; }, 20);
  assert.deepEqual(sent, [null, 10, null, 20]);
  worker.onmessage();
  worker.onmessage();
  assert.equal(gone, 10);
  alarm.set(() => { gone += 100; }, 30);
  alarm.clear();
  worker.onmessage();
  assert.equal(gone, 10);
});

test("where no worker may start, the page's own timer does", async () => {
  const alarm = new Alarm("metronome.js", () => { throw new Error("forbidden"); });
  await new Promise((done) => { alarm.set(done, 1); });
});

test("durations are as the page comes with them", () => {
  assert.deepEqual([35, 720, 7_500, 273_600].map((s) => lasting(s * 1000)), ["35 s", "12 min", "2 h 05 min", "3 d 4 h"]);
  assert.deepEqual([59, 61, 7_141].map((s) => remaining(s * 1000)), ["59 s", "2 min", "2 h 00 min"]);
});
