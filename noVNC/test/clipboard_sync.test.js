import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST } from "../src/clipboard.js";
import { ClipboardSync, WORDS } from "../src/clipboard_sync.js";
import { CLIPBOARD } from "../src/messages.js";

/** A browser with a clipboard, and a computer that notes what it gets. */
function desk({ text = "", permission = "granted", secure = true, saved = [] } = {}) {
  const store = new Map(saved);
  const made = { text, permission, sent: [], said: [], written: [], refuses: false, store };
  const allowed = () => { if (made.permission !== "granted") throw new Error("NotAllowedError"); };
  const clipboard = {
    readText: async () => { allowed(); return made.text; },
    writeText: async (words) => { if (made.refuses) throw new Error("NotAllowedError"); made.text = words; made.written.push(words); },
  };
  made.sync = new ClipboardSync({
    clipboard: secure ? clipboard : undefined,
    mayRead: async () => made.permission,
    paste: (words) => made.sent.push(words),
    tell: (words) => made.said.push(words),
    store: {
      getItem: (name) => store.get(name) ?? null,
      setItem: (name, value) => store.set(name, value),
      removeItem: (name) => store.delete(name),
    },
  });
  made.sync.ready = true;
  return made;
}

const ON = [["reachback.share-clipboards", "on"]];

test("it is off until somebody turns it on, and then touches nothing", async () => {
  const { sync, sent, written, said } = desk({ text: "secret" });
  await sync.focused();
  assert.equal(await sync.received("theirs"), false);
  assert.deepEqual([sent, written, said], [[], [], [WORDS.off]]);
});

test("turned on, it sends at once, and keeps the choice in this browser only", async () => {
  const { sync, sent, store } = desk({ text: "ours" });
  await sync.turn(true);
  assert.deepEqual(sent, ["ours"]);
  assert.deepEqual([...store], ON);
  await sync.turn(false);
  assert.equal(store.size, 0);
});

test("a text is sent when the desktop gets the keyboard, once", async () => {
  const made = desk({ text: "one\r\ntwo", saved: ON });
  await made.sync.focused();
  await made.sync.focused();
  made.text = "three";
  await made.sync.focused();
  assert.deepEqual(made.sent, ["one\ntwo", "three"]);
});

test("what came from the computer is written, and not sent back", async () => {
  const made = desk({ saved: ON });
  assert.equal(await made.sync.received("theirs"), true);
  await made.sync.focused();
  assert.equal(made.text, "theirs");
  assert.deepEqual(made.sent, []);
});

test("an echo of what was sent is not written, not even one by an old server", async () => {
  const made = desk({ text: "5 €", saved: ON });
  await made.sync.focused();
  assert.equal(await made.sync.received("5 €"), true);
  assert.equal(await made.sync.received("5 ?"), true);
  assert.deepEqual(made.written, []);
  assert.equal(made.text, "5 €");
});

test("characters that may not arrive are named when they are sent", async () => {
  const made = desk({ text: "5 €", saved: ON });
  await made.sync.focused();
  assert.match(made.said.at(-1), /^Your clipboard is on the computer\. .*may arrive as \?: €$/);
});

test("nothing is read without permission, and that is said", async () => {
  for (const permission of ["prompt", "denied", ""]) {
    const made = desk({ text: "secret", permission, saved: ON });
    await made.sync.focused();
    assert.deepEqual(made.sent, []);
    assert.equal(made.said.at(-1), WORDS.unread);
  }
});

test("turned on against the browser's will, it says so", async () => {
  const made = desk({ text: "secret", permission: "denied" });
  await made.sync.turn(true);
  assert.deepEqual(made.sent, []);
  assert.deepEqual(made.said, [WORDS.off, WORDS.asking, WORDS.unread]);
});

test("a page without https cannot, whatever was chosen", async () => {
  const { sync, said } = desk({ secure: false, saved: ON });
  assert.equal(sync.possible, false);
  assert.equal(sync.on, false);
  await sync.focused();
  assert.deepEqual(said, [WORDS.insecure]);
});

test("where writing is refused the text is for the panel", async () => {
  const made = desk({ saved: ON });
  made.refuses = true;
  assert.equal(await made.sync.received("theirs"), false);
  assert.equal(made.said.at(-1), WORDS.unwritten);
});

test("controls from the computer do not reach our clipboard", async () => {
  const made = desk({ saved: ON });
  await made.sync.received("rm\x1b[201~\0 -r\r\n");
  assert.equal(made.text, "rm[201~ -r\n");
  await made.sync.focused();
  assert.deepEqual(made.sent, []);
});

test("of a flood only the newest text is written", async () => {
  const made = desk({ saved: ON });
  await Promise.all(["one", "two", "three"].map((text) => made.sync.received(text)));
  assert.deepEqual(made.written, ["three"]);
});

test("too long a text goes neither way, and is said to be once", async () => {
  const made = desk({ text: "x".repeat(MOST + 1), saved: ON });
  await made.sync.focused();
  assert.match(made.said.at(-1), /^Not sent: /);
  await made.sync.focused();
  assert.equal(made.said.length, 2);
  assert.equal(await made.sync.received("y".repeat(CLIPBOARD)), false);
  assert.equal(made.said.at(-1), WORDS.cut);
  assert.deepEqual([made.sent, made.written], [[], []]);
});

test("nothing is sent where only looking is allowed, and all anew to a computer that comes back", async () => {
  const made = desk({ text: "ours", saved: ON });
  made.sync.ready = false;
  await made.sync.focused();
  assert.deepEqual(made.sent, []);
  made.sync.ready = true;
  await made.sync.focused();
  made.sync.ready = false;
  made.sync.ready = true;
  await made.sync.focused();
  assert.deepEqual(made.sent, ["ours", "ours"]);
});
