import assert from "node:assert/strict";
import { test } from "node:test";

import { columns } from "../src/playback/activity.js";
import { greeting } from "../src/playback/greeting.js";
import { Index } from "../src/playback/index.js";
import { deed } from "../src/playback/keys.js";
import { dayTime, moment, sentence, spoken } from "../src/playback/words.js";

test("moments are narrow on the page, and whole words to be heard", () => {
  assert.deepEqual([0, 999, 65_000, 3_723_000].map(moment), ["0:00", "0:00", "1:05", "1:02:03"]);
  assert.deepEqual([0, 1_000, 62_000, 7_200_000].map(spoken), ["the beginning", "1 second", "1 minute 2 seconds", "2 hours"]);
});

test("the time of day is that of the recording, on the clock of whoever watches", () => {
  assert.equal(dayTime(new Date(2026, 2, 1, 23, 59, 58), 3_500), "00:00:01");
});

test("trouble comes before everything else that is said", () => {
  assert.equal(sentence({ state: "waiting", trouble: "It is damaged." }), "It is damaged.");
  assert.match(sentence({ state: "seeking", trouble: "" }), /Looking/);
  assert.equal(sentence({ state: "playing", trouble: "" }), "");
});

test("activity becomes columns between nothing and all", () => {
  assert.deepEqual(columns([]), []);
  assert.deepEqual(columns([0, 0]), [0, 0]);
  const many = columns(Array.from({ length: 1000 }, (_, at) => at), 240);
  assert.equal(many.length, 240);
  assert.ok(many.every((height) => height >= 0 && height <= 1));
  assert.equal(many.at(-1), 1);
});

test("the point for a moment is the newest whose picture is whole by then, else the first", () => {
  const points = [{ offset: 8, whole_at: 100 }, { offset: 500, whole_at: null }, { offset: 900, whole_at: 3000 }];
  const index = new Index({ milliseconds: 5000, finished: true, points, activity: [], slot_ms: 1000, gaps: [] });
  assert.deepEqual([0, 100, 2999, 3000, 9999].map((at) => index.pointFor(at).offset), [8, 8, 8, 900, 900]);
});

test("each key does one thing, and others nothing", () => {
  const done = [];
  const player = { turn: () => done.push("turn"), step: (by) => done.push(by), seek: (to) => done.push(`to ${to}`) };
  for (const [key, shift] of [[" "], ["ArrowLeft"], ["ArrowRight", true], ["Home"], ["End"]]) {
    deed(key, { shift })(player);
  }
  assert.deepEqual(done, ["turn", -5_000, 30_000, "to 0", "to Infinity"]);
  for (const key of ["a", "Enter", "ArrowUp", "toString", "__proto__"]) {
    assert.equal(deed(key), null);
  }
  deed("ArrowUp", { bar: true })(player);
  deed("ArrowDown", { bar: true })(player);
  assert.deepEqual(done.slice(5), [5_000, -5_000]);
});

test("the greeting is a whole server's, up to its desktop", () => {
  const said = greeting({ width: 0x0102, height: 0x0304, name: "Kasse ✓" });
  const name = new TextEncoder().encode("Kasse ✓");
  assert.equal(new TextDecoder().decode(said.subarray(0, 12)), "RFB 003.008\n");
  assert.deepEqual([...said.subarray(12, 22)], [1, 1, 0, 0, 0, 0, 1, 2, 3, 4]);
  assert.deepEqual([...said.subarray(22, 38)], [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);
  assert.deepEqual([...said.subarray(38, 42)], [0, 0, 0, name.length]);
  assert.deepEqual([...said.subarray(42)], [...name]);
});

test("the first moment is the one at which there is a picture", () => {
  const index = (points) => new Index({ milliseconds: 5000, finished: true, points, activity: [], slot_ms: 1000, gaps: [] });
  assert.equal(index([{ at: 0, offset: 10, whole_at: 70 }, { at: 900, offset: 20, whole_at: 950 }]).first, 70);
  assert.equal(index([{ at: 0, offset: 10, whole_at: null }]).first, 0);
  assert.equal(index([{ at: 0, offset: 10, whole_at: 9000 }]).first, 5000);
});
