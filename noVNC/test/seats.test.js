import assert from "node:assert/strict";
import { test } from "node:test";

import { deedsFor, doing, sceneOf, strip } from "../src/seats.js";

const seat = (id, technician, mode, more = {}) => ({ id, technician, mode, asks: false, offered: false, ...more });
const ANNA = seat(1, "anna", "control");
const BERT = seat(2, "bert", "watch");
const CARL = seat(3, "carl", "watch");
const words = (deeds) => deeds.map(({ deed, seat: id, word }) => `${word}: ${deed} ${id}`);

/** What the strip says and offers to whoever has seat `own`. */
function said(seats, own, more) {
  const { words: sentence, deeds, urgent } = strip(sceneOf(seats, own, more));
  return [sentence, words(deeds), urgent];
}

test("who is alone in control, or has no seat, is told nothing", () => {
  assert.deepEqual(said([ANNA], 1), ["", [], false]);
  assert.deepEqual(said([ANNA, BERT], null), ["", [], false]);
  assert.deepEqual(said([], 1), ["", [], false]);
});

test("whoever has control is told so, who asks, and whom they offered it", () => {
  assert.deepEqual(said([ANNA, BERT], 1), ["You have control.", [], false]);
  assert.deepEqual(said([ANNA, { ...BERT, asks: true }], 1),
    ["bert asks for control.", ["Give control: give 2", "Not now: decline 2"], true]);
  assert.equal(said([ANNA, { ...BERT, asks: true }, { ...CARL, asks: true }], 1)[0], "bert asks for control, and 1 more.");
  assert.deepEqual(said([ANNA, { ...BERT, offered: true }], 1),
    ["You offered control to bert.", ["Take back: decline 2"], false]);
});

test("who watches may ask, and withdraw", () => {
  assert.deepEqual(said([ANNA, BERT], 2), ["anna has control, and you watch.", ["Ask for control: ask 2"], false]);
  assert.deepEqual(said([ANNA, { ...BERT, asks: true }], 2),
    ["You asked for control; anna decides.", ["Withdraw: withdraw 2"], false]);
});

test("who is offered control accepts or declines", () => {
  assert.deepEqual(said([ANNA, { ...BERT, offered: true }], 2),
    ["anna offers you control.", ["Accept: accept 2", "Decline: decline 2"], true]);
});

test("an admin takes control from others, anybody where nobody has it, and from another window of their own", () => {
  assert.deepEqual(said([ANNA, BERT], 2, { admin: true })[1], ["Ask for control: ask 2", "Take control: take 2"]);
  assert.deepEqual(said([BERT, CARL], 2), ["Nobody has control.", ["Take control: take 2"], false]);
  assert.deepEqual(said([BERT], 2), ["Nobody has control.", ["Take control: take 2"], false]);
  assert.deepEqual(said([ANNA, seat(4, "anna", "watch")], 4),
    ["You have control in another window.", ["Take control: take 4"], false]);
});

test("the list offers each seat what can be done with it", () => {
  const scene = sceneOf([ANNA, BERT, { ...CARL, asks: true }], 1);
  assert.deepEqual(scene.seats.map((one) => words(deedsFor(one, scene))), [
    ["Release control: release 1"], ["Offer control: offer 2"], ["Give control: give 3", "Not now: decline 3"],
  ]);
  const watching = sceneOf([ANNA, BERT, CARL], 2);
  assert.deepEqual(watching.seats.map((one) => words(deedsFor(one, watching))), [[], ["Ask for control: ask 2"], []]);
  assert.deepEqual(deedsFor(ANNA, sceneOf([ANNA], null)), []);
});

test("everybody is said to do one thing", () => {
  assert.equal(doing(ANNA), "in control");
  assert.equal(doing(BERT), "watches");
  assert.equal(doing({ ...BERT, asks: true }), "asks for control");
  assert.equal(doing({ ...BERT, offered: true }), "is offered control");
});
