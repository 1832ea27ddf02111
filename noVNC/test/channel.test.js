import assert from "node:assert/strict";
import { test } from "node:test";

import { Channel } from "../src/channel.js";

/** A channel whose port notes what is posted; `events` collects what noVNC would be told. */
function channel() {
  const posted = [];
  const port = { onmessage: null, postMessage: (data) => posted.push(data) };
  const events = [];
  const made = new Channel(port);
  made.onopen = () => events.push("open");
  made.onclose = () => events.push("close");
  made.onmessage = ({ data }) => events.push([...new Uint8Array(data)]);
  return { made, posted, events, hear: (data) => port.onmessage({ data }) };
}

/** What noVNC asks of a channel before it takes it (core/websock.js). */
const WANTED = ["send", "close", "binaryType", "onerror", "onmessage", "onopen", "protocol", "readyState"];

test("it has every member that noVNC wants", () => {
  const { made } = channel();
  const members = [...Object.keys(made), ...Object.getOwnPropertyNames(Object.getPrototypeOf(made))];
  assert.deepEqual(WANTED.filter((name) => !members.includes(name)), []);
});

test("it opens once, then carries bytes, then closes once", () => {
  const { made, events, hear } = channel();
  assert.equal(made.readyState, "connecting");
  hear({ kind: "opened" });
  hear({ kind: "opened" });
  hear(new Uint8Array([1, 2]).buffer);
  hear({ kind: "closed" });
  hear({ kind: "closed" });
  assert.deepEqual(events, ["open", [1, 2], "close"]);
  assert.equal(made.readyState, "closed");
});

test("what noVNC sends is copied, for it uses its buffer again", () => {
  const { made, posted } = channel();
  const buffer = new Uint8Array([1, 2, 3, 4]);
  made.send(buffer.subarray(1, 3));
  buffer.fill(9);
  assert.deepEqual([...new Uint8Array(posted[0])], [2, 3]);
});

test("closing tells the page and does not wait for its answer", async () => {
  const { made, posted, events } = channel();
  made.close();
  assert.deepEqual(posted, [{ kind: "close" }]);
  assert.deepEqual(events, []);
  await Promise.resolve();
  assert.deepEqual(events, ["close"]);
});

test("what comes before noVNC listens waits in the port", () => {
  const port = { onmessage: null, postMessage: () => {} };
  const made = new Channel(port);
  assert.equal(port.onmessage, null);
  made.onmessage = () => {};
  assert.notEqual(port.onmessage, null);
});

test("a mark is told once noVNC has the bytes before it", () => {
  const { made, events, hear } = channel();
  made.marked = (number) => events.push(`mark ${number}`);
  hear(new Uint8Array([1]).buffer);
  hear({ kind: "mark", number: 7 });
  hear(new Uint8Array([2]).buffer);
  assert.deepEqual(events, [[1], "mark 7", [2]]);
});

test("anything else that comes is dropped", () => {
  const { events, hear } = channel();
  for (const data of ["opened", { kind: "opened", more: 1 }, null, { kind: "connected" }]) {
    hear(data);
  }
  assert.deepEqual(events, []);
});

test("a clipboard that noVNC cannot decode keeps nothing waiting that came after it", () => {
  const { made, events, hear } = channel();
  const given = [];
  made.onmessage = ({ data }) => {
    given.push(data.byteLength);
    if (given.length === 1) throw new URIError("malformed");
  };
  hear(new Uint8Array([1, 2]).buffer);
  assert.deepEqual(given, [2, 0]);
  made.onmessage = () => { throw new TypeError("a mistake"); };
  assert.throws(() => hear(new Uint8Array([1]).buffer), TypeError);
  assert.deepEqual(events, []);
});
