import assert from "node:assert/strict";
import { test } from "node:test";

import { opened } from "../src/playback/opening.js";

const said = (status, body) => async () => new Response(JSON.stringify(body), { status });
const knows = (points) => ({ milliseconds: 9, finished: true, points, activity: [], slot_ms: 1000, gaps: [] });

test("what the portal knows is an index", async () => {
  const { index, trouble } = await opened(said(200, knows([{ at: 0, offset: 8, whole_at: null }])), "/index");
  assert.equal(index.length, 9);
  assert.equal(trouble, undefined);
});

test("where there is nothing to play, it says why in the portal's own words", async () => {
  const gone = said(410, { error: { code: "recording_gone", message: "This recording was deleted." } });
  assert.deepEqual(await opened(gone, "/index"), { trouble: "This recording was deleted." });
  assert.match((await opened(said(200, knows([])), "/index")).trouble, /Nothing was recorded/);
});

test("a portal that does not answer, or not in its own voice, is the network's fault", async () => {
  for (const fetch of [async () => { throw new TypeError("offline"); }, async () => new Response("<h1>502</h1>", { status: 502 })]) {
    assert.match((await opened(fetch, "/index")).trouble, /Check the network/);
  }
});
