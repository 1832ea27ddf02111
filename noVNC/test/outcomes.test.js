import assert from "node:assert/strict";
import { test } from "node:test";

import { refusal } from "../src/outcomes.js";

const SAID = "What the portal says.";

for (const code of ["ticket_unknown", "ticket_spent", "ticket_expired", "ticket_foreign"]) {
  test(`${code} is said in the portal's words, and not tried again`, () => {
    assert.deepEqual(refusal({ code, message: SAID }), { kind: "refused", message: SAID, retry: false });
  });
}

test("a call that was replaced is asked for anew", () => {
  assert.deepEqual(refusal({ code: "call_replaced", message: SAID }), { kind: "refused", message: SAID, retry: true });
});

test("a ticket still usable means that nobody took it", () => {
  const { message, retry } = refusal({ code: "usable", message: SAID });
  assert.match(message, /^What the portal says\. The WebSocket service did not answer/);
  assert.equal(retry, true);
});

test("a ticket spent by this very page is no reason", () => {
  const { message, retry } = refusal({ code: "ticket_spent", message: SAID }, { opened: true });
  assert.match(message, /let in, but closed/);
  assert.equal(retry, true);
});

test("what the relay itself said comes first", () => {
  const { message, retry } = refusal({ code: "ticket_spent", message: SAID }, { opened: true, reason: "Too many." });
  assert.equal(message, "Too many.");
  assert.equal(retry, false);
});

test("a portal that cannot be asked is tried again", () => {
  assert.equal(refusal({ code: "unreachable", message: SAID }).retry, true);
});
