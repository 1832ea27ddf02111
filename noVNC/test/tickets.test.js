import assert from "node:assert/strict";
import { test } from "node:test";

import { Portal, tokenOf } from "../src/tickets.js";

const URLS = { tickets_url: "/api/sessions/s1/tickets", outcome_url: "/api/sessions/s1/outcome",
  session_url: "/api/sessions/s1" };

/** A Portal whose one answer is given; `asked` collects the requests. */
function portal(answer, asked = []) {
  const fetch = async (url, request) => {
    asked.push({ url, ...request });
    return answer();
  };
  return new Portal({ fetch, urls: URLS, csrf: "csrf-1", deadline: () => undefined });
}

const json = (status, body) => () => new Response(JSON.stringify(body), { status });

test("a ticket is asked for with the mode and the page's CSRF token", async () => {
  const asked = [];
  const ticket = await portal(json(201, { websocket_url: "ws://x/?token=s1.t", expires_at: "z" }), asked)
    .askTicket("control");
  assert.deepEqual(ticket, { ok: true, websocket_url: "ws://x/?token=s1.t", expires_at: "z" });
  assert.equal(asked[0].url, URLS.tickets_url);
  assert.equal(asked[0].method, "POST");
  assert.equal(asked[0].headers["X-CSRFToken"], "csrf-1");
  assert.equal(asked[0].body, '{"mode":"control"}');
});

test("a refusal carries the portal's code and words", async () => {
  const answer = await portal(json(409, { error: { code: "no_call_held", message: "Nobody called." } }))
    .askTicket("control");
  assert.deepEqual(answer, { ok: false, code: "no_call_held", message: "Nobody called." });
});

test("the outcome is asked for with the token in the body, never in the address", async () => {
  const asked = [];
  const outcome = await portal(json(200, { code: "ticket_spent", message: "Used." }), asked).askOutcome("s1.t");
  assert.equal(outcome.code, "ticket_spent");
  assert.equal(asked[0].url, URLS.outcome_url);
  assert.equal(asked[0].body, '{"token":"s1.t"}');
});

test("an answer without content is a good one", async () => {
  const asked = [];
  assert.deepEqual(await portal(() => new Response(null, { status: 204 }), asked).endSession(), { ok: true });
  assert.equal(asked[0].method, "DELETE");
});

test("a server's error page is put into words", async () => {
  const answer = await portal(() => new Response("<h1>Bad gateway</h1>", { status: 502 })).readSession();
  assert.equal(answer.code, "portal_error");
  assert.match(answer.message, /502/);
});

test("a sign-in page instead of an answer means signed out", async () => {
  assert.equal((await portal(json(401, {})).readSession()).code, "signed_out");
  assert.equal((await portal(() => ({ ok: false, type: "opaqueredirect", status: 0 })).readSession()).code, "signed_out");
});

test("no answer at all means unreachable", async () => {
  const answer = await portal(() => { throw new TypeError("fetch failed"); }).readSession();
  assert.equal(answer.code, "unreachable");
});

test("a good status with rubbish in it is no answer either", async () => {
  assert.equal((await portal(() => new Response("rubbish", { status: 200 })).readSession()).ok, false);
});

test("the token is found in the WebSocket's address", () => {
  assert.equal(tokenOf("wss://help.example/websocket?token=s1.abc"), "s1.abc");
  assert.equal(tokenOf("wss://help.example/websocket"), "");
});
