import assert from "node:assert/strict";
import { test } from "node:test";

import { LIMIT, RANGE, Tape } from "../src/playback/tape.js";
import { PortalFile } from "./fakes/portal_file.js";
import { data, end, file, head, record, refresh } from "./fakes/recordings.js";

const SHORT = file(head(), refresh(0, [0]), data(10, 1), data(20, 2), end(30));

async function all(tape) {
  const kinds = [];
  for (await tape.more(); tape.next; await tape.more()) {
    kinds.push(tape.take().kind);
  }
  return kinds.join("");
}

/** A file of so many megabytes, in records of a quarter of one. */
function large(megabytes) {
  const quarter = record("D", 5, new Uint8Array(256 * 1024));
  return Buffer.concat([file(head()), ...Array(megabytes * 4).fill(quarter)]);
}

test("it gives all records, whatever comes at once", async () => {
  for (const piece of [1, 7, 1000]) {
    const portal = new PortalFile(SHORT, piece);
    const tape = new Tape({ fetch: portal.fetch, url: "/file" });
    tape.seek(0);
    assert.equal(await all(tape), "HRDDE");
    assert.ok(tape.ended);
    assert.equal(tape.failed, "");
  }
});

test("no more waits than may", async () => {
  const portal = new PortalFile(large(24), RANGE);
  const tape = new Tape({ fetch: portal.fetch, url: "/file" });
  tape.seek(0);
  await settled();
  assert.equal(portal.requests.length, LIMIT / RANGE + 1);
  assert.equal((await all(tape)).length, 1 + 24 * 4);
});

test("another place is another beginning, and nothing of the old one comes", async () => {
  const portal = new PortalFile(SHORT, 3);
  const tape = new Tape({ fetch: portal.fetch, url: "/file" });
  tape.seek(0);
  await tape.more();
  const refreshPoint = 8 + head().length;
  tape.seek(refreshPoint);
  assert.equal(tape.next, null);
  assert.equal(await all(tape), "RDDE");
});

test("a torn tail ends it without a word", async () => {
  const portal = new PortalFile(SHORT.subarray(0, SHORT.length - 5));
  const tape = new Tape({ fetch: portal.fetch, url: "/file" });
  tape.seek(0);
  assert.equal(await all(tape), "HRDD");
  assert.ok(tape.ended);
  assert.equal(tape.failed, "");
});

test("damage ends it, and is said", async () => {
  const broken = Uint8Array.from(file(head(), data(50, 1), data(20, 2)));
  const tape = new Tape({ fetch: new PortalFile(broken).fetch, url: "/file" });
  tape.seek(0);
  assert.equal(await all(tape), "HD");
  assert.ok(tape.ended);
  assert.match(tape.failed, /damaged/);
});

test("a network that is gone is tried again, from where it went", async () => {
  const portal = new PortalFile(SHORT);
  portal.reachable = false;
  const tape = new Tape({ fetch: portal.fetch, url: "/file" });
  tape.seek(0);
  await tape.more();
  assert.match(tape.failed, /cannot be fetched/);
  portal.reachable = true;
  tape.retry();
  assert.equal(await all(tape), "HRDDE");
});

test("a refusal is said as what it is", async () => {
  const portal = new PortalFile(SHORT);
  portal.status = 410;
  const tape = new Tape({ fetch: portal.fetch, url: "/file" });
  tape.seek(0);
  await tape.more();
  assert.match(tape.failed, /deleted/);
});

/** Lets everything happen that needs no time. */
async function settled() {
  for (let turn = 0; turn < 500; turn += 1) {
    await new Promise((done) => { setImmediate(done); });
  }
}
