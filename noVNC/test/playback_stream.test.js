import assert from "node:assert/strict";
import { test } from "node:test";

import { Stream } from "../src/playback/stream.js";

function stream() {
  const posted = [];
  const waits = [];
  const port = { postMessage: (data) => posted.push(data), close: () => posted.push("closed") };
  const made = new Stream(port, (task) => waits.push(task));
  const hear = (data) => port.onmessage({ data, ports: [] });
  return { made, posted, waits, hear, marks: () => posted.filter((one) => one.kind === "mark").map((one) => one.number) };
}

const HALF = new Uint8Array(512 * 1024);

test("it opens, then says the greeting", () => {
  const { made, posted } = stream();
  made.open(Uint8Array.from([1, 2]));
  assert.deepEqual(posted[0], { kind: "opened" });
  assert.deepEqual([...new Uint8Array(posted[1])], [1, 2]);
});

test("bytes are copied, and marked now and then", () => {
  const { made, posted, marks } = stream();
  const bytes = Uint8Array.from([7, 8, 9]).subarray(1);
  made.send(bytes);
  assert.deepEqual([...new Uint8Array(posted[0])], [8, 9]);
  assert.equal(bytes.length, 2);
  made.send(HALF);
  assert.deepEqual(marks(), [1]);
});

test("what is drawn is no backlog any more", async () => {
  const { made, hear } = stream();
  made.send(HALF);
  made.send(HALF);
  assert.equal(made.backlog, 2 * HALF.length);
  hear({ kind: "reached", number: 1 });
  assert.equal(made.backlog, HALF.length);
  const all = made.reached();
  hear({ kind: "reached", number: 3 });
  await all;
  assert.equal(made.backlog, 0);
});

test("a frame that does not answer is waited for no more", async () => {
  const { made, waits } = stream();
  made.send(HALF);
  const all = made.reached();
  waits.at(-1)();
  await all;
  assert.equal(made.backlog, 0);
});

test("while anything was drawn meanwhile it goes on", async () => {
  const { made, waits, hear } = stream();
  made.send(HALF);
  made.send(HALF);
  let done = false;
  const all = made.reached().then(() => { done = true; });
  const last = waits.at(-1);
  hear({ kind: "reached", number: 1 });
  last();
  await Promise.resolve();
  assert.equal(done, false);
  waits.at(-1)();
  await all;
});

test("noVNC's giving up ends every wait, and so does closing", async () => {
  for (const end of [({ hear }) => hear({ kind: "gone", reason: "" }), ({ made }) => made.close()]) {
    const one = stream();
    const all = one.made.reached();
    end(one);
    await all;
  }
  const lost = stream();
  lost.hear({ kind: "gone", reason: "" });
  assert.equal(lost.made.isLost, true);
  await lost.made.reached();
});

test("nonsense of the frame is dropped", () => {
  const { made, hear } = stream();
  made.send(HALF);
  for (const said of [null, 7, { kind: "reached" }, { kind: "reached", number: -1 }, { kind: "toString" }, new ArrayBuffer(8)]) {
    hear(said);
  }
  assert.equal(made.backlog, HALF.length);
  hear({ kind: "reached", number: 4_000_000_000 });
  assert.equal(made.backlog, 0);
});
