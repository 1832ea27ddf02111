import assert from "node:assert/strict";
import { test } from "node:test";

import { RecordingSign, words } from "../src/recording_sign.js";

/** A page with the sign and the button. */
function page() {
  const parts = Object.fromEntries(["record", "recording-sign", "recording-words"].map((id) => [id, element()]));
  return { parts, getElementById: (id) => parts[id] ?? null };
}

function element() {
  const made = { hidden: true, textContent: "", title: "", dataset: {}, attributes: {} };
  made.setAttribute = (name, value) => { made.attributes[name] = value; };
  made.addEventListener = (_kind, listener) => { made.click = listener; };
  return made;
}

function sign(answers = []) {
  const asked = [];
  const waits = [];
  const made = page();
  const answer = () => answers.shift() ?? { ok: true, recording: "running", recording_policy: "on-demand" };
  const portal = {
    record: async (on) => { asked.push(on); return answer(); },
    readSession: async () => { asked.push("look"); return answer(); },
  };
  const one = new RecordingSign(made, {
    portal, told: (session) => one.describe(session), later: (task, wait) => waits.push({ task, wait }),
  });
  return { ...made.parts, one, asked, waits };
}

test("what is said", () => {
  assert.equal(words({ recording: "running", recording_trouble: null }), "Recording");
  assert.equal(words({ recording: "wanted", recording_trouble: null }), "Recording begins…");
  assert.equal(words({ recording: "off", recording_trouble: null }), "");
  assert.equal(words({ recording: "wanted", recording_trouble: "The disk is full." }), "Not recording: The disk is full.");
});

test("the button is there only where the policy leaves it to technicians", () => {
  for (const [policy, hidden] of [["off", true], ["always", true], ["on-demand", false], [undefined, true]]) {
    const { one, record } = sign();
    one.describe({ recording: "off", recording_policy: policy });
    assert.equal(record.hidden, hidden, policy);
  }
});

test("it is switched, and looked at again until the listener has done it", async () => {
  const wanted = { ok: true, recording: "wanted", recording_policy: "on-demand" };
  const made = sign([wanted, wanted]);
  made.one.describe({ recording: "off", recording_policy: "on-demand" });
  assert.equal(made["recording-sign"].dataset.state, "none");
  await made.record.click();
  await settled();
  assert.deepEqual(made.asked, [true]);
  assert.equal(made["recording-words"].textContent, "Recording begins…");
  await made.waits.shift().task();
  await made.waits.shift().task();
  assert.equal(made["recording-words"].textContent, "Recording");
  assert.equal(made["recording-sign"].dataset.state, "running");
  assert.equal(made.record.attributes["aria-pressed"], "true");
  await made.waits.shift().task();
  assert.equal(made.waits.length, 0);
  assert.deepEqual(made.asked, [true, "look", "look"]);
});

test("what the policy begins is looked at as well, for a while", async () => {
  const wanted = { ok: true, recording: "wanted", recording_policy: "always" };
  const made = sign(Array(9).fill(wanted));
  made.one.describe(wanted);
  made.one.describe(wanted);
  for (let count = 0; count < 4; count += 1) {
    assert.equal(made.waits.length, 1);
    await made.waits.shift().task();
  }
  assert.equal(made.waits.length, 0);
});

test("switched off, the sign goes", async () => {
  const [running, off] = ["running", "off"].map((state) => ({ ok: true, recording: state, recording_policy: "on-demand" }));
  const made = sign([running, off]);
  made.one.describe(running);
  await made.record.click();
  await settled();
  assert.equal(made["recording-words"].textContent, "Recording");
  await made.waits.shift().task();
  assert.deepEqual(made.asked, [false, "look"]);
  assert.equal(made["recording-sign"].dataset.state, "none");
});

test("a refusal is said", async () => {
  const made = sign([{ ok: false, code: "recording_off", message: "Nothing is recorded here." }]);
  await made.record.click();
  await settled();
  assert.equal(made["recording-words"].textContent, "Not switched: Nothing is recorded here.");
  assert.equal(made["recording-sign"].dataset.state, "not");
});

function settled() {
  return new Promise((done) => { setImmediate(done); });
}
