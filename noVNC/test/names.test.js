import assert from "node:assert/strict";
import { test } from "node:test";

import { plainName } from "../src/names.js";

test("an ordinary name stays as it is", () => {
  assert.equal(plainName("xp-kasse (büro)"), "xp-kasse (büro)");
});

test("characters that cannot be seen become one space", () => {
  assert.equal(plainName("a\u0000\u001b[2Jb\u202ec\u2028d\n"), "a [2Jb c d");
});

test("a long name is cut at 128 characters, none of them in half", () => {
  assert.equal([...plainName("🖥".repeat(500))].length, 128);
});

test("markup is only text", () => {
  assert.equal(plainName("<img src=x>"), "<img src=x>");
});
