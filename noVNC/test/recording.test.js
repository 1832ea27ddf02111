import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { BadRecording, MAGIC, PAYLOAD, Records, inflated, refreshOf, wholeOf } from "../src/recording.js";
import { data, end, file, head, joined, record, refresh, whole } from "./fakes/recordings.js";

const UPDATE = [0, 0, 0, 0];
const WHOLE_FILE = file(head(), refresh(5, UPDATE), data(10, 1, 2, 3), whole(12, 8), data(40, 4), end(60));

function read(bytes, size = bytes.length, offset = 0) {
  const records = new Records(offset);
  const found = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...records.push(bytes.subarray(at, at + size)));
  }
  return found;
}

const told = (records) => records.map(({ kind, at, offset, payload }) => [kind, at, offset, [...payload]]);

test("any pieces give the same records", () => {
  const all = told(read(WHOLE_FILE));
  assert.deepEqual(all.map(([kind, at]) => [kind, at]), [["H", 0], ["R", 5], ["D", 10], ["W", 12], ["D", 40], ["E", 60]]);
  assert.deepEqual(all[2][3], [1, 2, 3]);
  for (const size of [1, 2, 3, 7, 8, 9, 10, 64]) {
    assert.deepEqual(told(read(WHOLE_FILE, size)), all, `pieces of ${size}`);
  }
});

test("it can begin at any record", () => {
  const all = told(read(WHOLE_FILE));
  for (const [at, [, , offset]] of all.entries()) {
    assert.deepEqual(told(read(WHOLE_FILE.subarray(offset), 5, offset)), all.slice(at));
  }
});

test("a torn tail is no record", () => {
  const all = told(read(WHOLE_FILE));
  for (let size = 0; size < WHOLE_FILE.length; size += 1) {
    const found = told(read(WHOLE_FILE.subarray(0, size)));
    assert.deepEqual(found, all.slice(0, found.length));
    assert.ok(found.length < all.length);
  }
});

test("what is no recording is refused", () => {
  assert.throws(() => read(joined([0], MAGIC)), BadRecording);
  assert.throws(() => read(new TextEncoder().encode("<!doctype html>")), BadRecording);
});

test("a record that is too long is refused before it has come", () => {
  const long = record("D", 0, new Uint8Array(0));
  new DataView(long.buffer).setUint32(5, PAYLOAD + 1);
  assert.throws(() => read(file(head(), long)), /damaged at byte/);
});

test("time that goes back is refused", () => {
  assert.throws(() => read(file(head(), data(20, 1), data(19, 1))), BadRecording);
});

test("a refresh point says what it is, and its update is inflated", async () => {
  const [, { payload }] = read(file(head(), refresh(5, [7, 8, 9], { gap: 1, width: 800, height: 600 })));
  const { packed, ...said } = refreshOf(payload);
  assert.deepEqual(said, { gap: true, width: 800, height: 600, name: "Kasse ✓" });
  assert.deepEqual([...await inflated(packed)], [7, 8, 9]);
});

test("a damaged refresh point is refused", async () => {
  assert.throws(() => refreshOf(new Uint8Array(14)), BadRecording);
  const cut = refresh(5, [7]).subarray(9, 9 + 15);
  assert.throws(() => refreshOf(cut), BadRecording);
  await assert.rejects(inflated(Uint8Array.from([1, 2, 3])), BadRecording);
  await assert.rejects(inflated(deflateSync(new Uint8Array(1000)).subarray(0, 8)), BadRecording);
});

test("no more is inflated than may be", async () => {
  await assert.rejects(inflated(deflateSync(new Uint8Array(100_000)), 1000), /too large/);
});

test("a whole picture names its refresh point", () => {
  assert.equal(wholeOf(whole(0, 2 ** 40).subarray(9)), 2 ** 40);
  assert.equal(wholeOf(new Uint8Array(7)), null);
});
