import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST, SHOWN, inLatin1, lineFeeds, outsideLatin1, plain, shown, tooLong, warning } from "../src/clipboard.js";

test("the whole of Latin-1 passes", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCodePoint(code)).join("");
  assert.deepEqual(outsideLatin1(all), []);
  assert.equal(warning(all), "");
});

test("every other character is named once, in order", () => {
  assert.deepEqual(outsideLatin1("5 € “x” € Ā"), ["€", "“", "”", "Ā"]);
});

test("a character outside the basic plane is one character", () => {
  assert.deepEqual(outsideLatin1("🙂"), ["🙂"]);
});

test("the warning names eight and counts the rest", () => {
  assert.match(warning("αβγδεζηθικ"), /α β γ δ ε ζ η θ and 2 more$/);
  assert.match(warning("€"), /as \?: €$/);
});

test("lines end in line feeds alone", () => {
  assert.equal(lineFeeds("a\r\nb\rc\nd"), "a\nb\nc\nd");
});

test("a long text from the computer is cut, and said to be", () => {
  assert.deepEqual(shown("short"), { text: "short", cut: false });
  const long = shown("x".repeat(SHOWN + 1));
  assert.equal(long.text.length, SHOWN);
  assert.equal(long.cut, true);
});

test("controls and halves of characters are taken out, tabs and lines stay", () => {
  assert.equal(plain("a\tb\r\nc\0d\x1b[201~\x7f\x9be"), "a\tb\ncd[201~e");
  assert.equal(plain("\ud83d x \ude42 🙂"), "\ufffd x \ufffd 🙂");
});

test("what VNC servers do not take is not sent, and counted in bytes", () => {
  assert.equal(tooLong("x".repeat(MOST)), "");
  assert.match(tooLong("ü".repeat(MOST)), /has 512 KB.* 256 KB at most/);
});

test("an old server's answer is foreseen", () => {
  assert.equal(inLatin1("ü € 🙂"), "ü ? ?");
});
