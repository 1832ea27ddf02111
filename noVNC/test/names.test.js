import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName, plainName } from "../src/names.js";

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

test("a file's name keeps letters and figures of any script, and nothing that a system could stumble over", () => {
  const at = new Date(2026, 10, 5, 9, 7, 3);
  assert.equal(fileName(["Müller & Söhne", "FRONT-DESK"], at, ".png"), "Müller_Söhne-FRONT_DESK-2026-11-05-090703.png");
  assert.equal(fileName(["../../etc/passwd", "\u202egnp.exe\u0000"], at, ".png"),
    "etc_passwd-gnp_exe-2026-11-05-090703.png");
  assert.equal(fileName(["", "%PATH%:*?\"<>|"], at, ".png"), "PATH-2026-11-05-090703.png");
  assert.equal(fileName(["x".repeat(500), ""], at, ".png").length, 40 + "-2026-11-05-090703.png".length);
});
