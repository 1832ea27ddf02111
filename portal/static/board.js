/** The board's script: keeps it up to date, and gives it its keys. Without it the board works by reloading. */

import { offerCreated } from "./created.js";
import { Filter } from "./filter.js";
import { askToEnd, enter, isTheirs, keepAll, move, press } from "./keys.js";
import { pointAt, update } from "./pieces.js";
import { Poller } from "./poller.js";
import { Ringing } from "./ringing.js";
import { takeOver } from "./sending.js";
import { tick } from "./times.js";

const TICK = 10_000;

const live = document.getElementById("live");
const said = document.getElementById("live-state");
const panel = document.getElementById("new-session");
const created = document.getElementById("created");
const keys = document.getElementById("keys");
const box = document.querySelector("#filter input");
const title = document.title;
const filter = new Filter(box, live, document.getElementById("no-match"));
const ringing = new Ringing(live, document.querySelector("meta[name=csrf-token]").content);
const poller = new Poller({ source: live.dataset.source, took, says });

const DOES = {
  "n": openPanel,
  "/": () => box.focus(),
  "?": () => keys.showModal(),
  "j": () => move(live, 1),
  "k": () => move(live, -1),
  "w": () => press("watch"),
  "e": () => press("extend"),
  "x": askToEnd,
  "Enter": enter,
};

function took(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const { added, whole } = update(live, fresh.body);
  for (const piece of added) pointAt(piece);
  filter.apply();
  tick(live, Date.now());
  showCount();
  ringing.look();
  return whole;
}

function showCount() {
  const count = Number(live.querySelector("[data-count]").dataset.count);
  document.title = count ? `(${count}) ${title}` : title;
}

function says(state, facts = {}) {
  if (state === "signed_out") {
    location.assign(live.dataset.signIn);
    return;
  }
  const words = state === "live" ? "Live" : failing(facts);
  said.hidden = false;
  said.dataset.state = state;
  if (said.textContent !== words) said.textContent = words;
  live.toggleAttribute("data-stale", state === "failing");
}

function failing({ since, again }) {
  const at = since.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return `No answer since ${at}. This may be out of date; asking again every ${Math.round(again / 1000)} s.`;
}

function problem(words) {
  const notice = document.getElementById("problem");
  notice.querySelector("span").textContent = words;
  notice.hidden = !words;
}

function openPanel() {
  if (!panel) return;
  panel.open = true;
  panel.querySelector("[name=customer]").focus();
}

function onKey(event) {
  if (event.key === "Escape") {
    close(event.target);
  } else if (!isTheirs(event) && event.key in DOES) {
    // Enter on a control is the control's own.
    if (DOES[event.key]() !== false) event.preventDefault();
  }
}

/** Esc: whatever is open, the innermost first. A dialog closes itself. */
function close(target) {
  if (keys.open || keepAll(live)) return;
  const opened = document.querySelector("details.menu[open], #new-session[open]");
  if (opened) {
    opened.open = false;
    opened.querySelector("summary").focus();
  } else if (target === box) {
    filter.clear();
    box.blur();
  }
}

function onClick(event) {
  if (panel && event.target.closest("[data-new]")) {
    event.preventDefault();
    openPanel();
    return;
  }
  for (const opened of document.querySelectorAll("details.menu[open], #new-session[open]")) {
    if (!opened.contains(event.target)) opened.open = false;
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
takeOver(live, { done: () => poller.ask(), problem });
const showKeys = document.getElementById("show-keys");
showKeys.hidden = false;
showKeys.addEventListener("click", () => keys.showModal());
if (created) offerCreated(created);
// This page may be the answer to a form: loading it again must not send the form again.
history.replaceState(null, "", "/console");
setInterval(() => tick(live, Date.now()), TICK);
showCount();
ringing.start();
poller.start();
