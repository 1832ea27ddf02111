import assert from "node:assert/strict";
import { test } from "node:test";

import keysyms from "../node_modules/@novnc/novnc/core/input/keysymdef.js";
import { charactersOn, notOn, suggested } from "../src/layouts.js";
import { Typist, keysymOf, strokesOf } from "../src/typing.js";

test("a character goes alone, without modifiers and scan code", () => {
  assert.deepEqual(strokesOf("@", keysyms), [{ keysym: 0x40, code: null, down: true }, { keysym: 0x40, code: null, down: false }]);
});

test("keysyms are those of X: Latin-1 as it is, the Euro of its own, the rest by Unicode", () => {
  const expected = { a: 0x61, "ß": 0xdf, "é": 0xe9, "€": 0x20ac, "ł": 0x1b3, "\n": 0xff0d, "\t": 0xff09, "😀": 0x0101f600 };
  for (const [character, keysym] of Object.entries(expected)) assert.equal(keysymOf(character, keysyms), keysym, character);
});

test("control characters are left out, and both kinds of line ends are one Enter", () => {
  assert.equal(strokesOf("a\u0000\u001b\u0085b", keysyms).length, 4);
  assert.equal(strokesOf("\r\n", keysyms).length, 2);
});

test("Caps Lock is let go before the text, and pressed again after it", () => {
  const keys = strokesOf("a", keysyms, { capsLock: true }).filter(({ down }) => down).map(({ keysym }) => keysym);
  assert.deepEqual(keys, [0xffe5, 0x61, 0xffe5]);
});

function typist() {
  const log = { sent: [], told: [], tasks: [] };
  const made = new Typist({
    keysyms,
    send: (strokes) => log.sent.push(strokes.length),
    tell: (typed, all) => log.told.push([typed, all]),
    later: (task) => { log.tasks.push(task); return task; },
    never: (task) => { log.tasks = log.tasks.filter((one) => one !== task); },
  });
  return { made, log };
}

test("a long text is typed in batches, and told", () => {
  const { made, log } = typist();
  made.type("x".repeat(20));
  while (log.tasks.length) log.tasks.shift()();
  assert.deepEqual(log.sent, [16, 16, 8]);
  assert.deepEqual(log.told, [[8, 20], [16, 20], [20, 20]]);
  assert.equal(made.busy, false);
});

test("what is stopped is typed no further", () => {
  const { made, log } = typist();
  made.type("x".repeat(20));
  made.stop();
  assert.deepEqual(log.sent, [16]);
  assert.deepEqual(log.tasks, []);
  assert.equal(made.busy, false);
});

test("Caps Lock is as it was where typing is stopped", () => {
  const { made, log } = typist();
  made.type("x".repeat(20), { capsLock: true });
  made.stop();
  assert.deepEqual(log.sent, [16, 2]);
  made.stop();
  assert.deepEqual(log.sent, [16, 2]);
});

test("what is on a keyboard", () => {
  const wanted = "@\\|€{}~ßüé";
  assert.deepEqual(notOn("us", wanted), [..."€ßüé"]);
  assert.deepEqual(notOn("de", wanted), []);
  assert.deepEqual(notOn("fr", wanted), ["ß"]);
  assert.deepEqual(notOn("it", "~a~"), ["~"]);
  assert.deepEqual(notOn("xx", "ł"), []);
  assert.equal(charactersOn("xx"), null);
});

test("a browser's language suggests a keyboard", () => {
  const expected = { "de-CH": "ch", de: "de", "en-GB": "gb", "en-US": "us", "pt-BR": "br", "nb-NO": "no", ja: "us" };
  for (const [language, keyboard] of Object.entries(expected)) assert.equal(suggested(language), keyboard, language);
});
