/** The board's script: keeps it up to date, and gives it its keys. Without it the board works by reloading. */

import { pointAt, update } from "./pieces.js";
import { Poller } from "./poller.js";
import { tick } from "./times.js";

const TICK = 10_000;
const SAID_FOR = 2_000;

const live = document.getElementById("live");
const said = document.getElementById("live-state");
const panel = document.getElementById("new-session");
const title = document.title;

function took(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const { added, whole } = update(live, fresh.body);
  for (const piece of added) pointAt(piece);
  tick(live, Date.now());
  showCount();
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
  const words = { live: "Live", paused: "Paused", failing: failing(facts) }[state];
  said.hidden = false;
  said.dataset.state = state;
  if (said.textContent !== words) said.textContent = words;
  live.toggleAttribute("data-stale", state === "failing");
}

function failing({ since, again } = {}) {
  const at = since?.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return `No answer since ${at}. This may be out of date; asking again every ${Math.round(again / 1000)} s.`;
}

function openPanel() {
  panel.open = true;
  panel.querySelector("[name=customer]").focus();
}

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function onKey(event) {
  if (event.key === "Escape" && panel?.open) {
    panel.open = false;
    panel.querySelector("summary").focus();
  } else if (event.key === "n" && panel && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    openPanel();
  }
}

function onClick(event) {
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
  if (panel && event.target.closest("[data-new]")) {
    event.preventDefault();
    openPanel();
  } else if (panel?.open && !event.target.closest("#new-session")) {
    panel.open = false;
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("span");
  const before = label.dataset.before ?? label.textContent;
  label.dataset.before = before;
  label.textContent = await copied(source) ? "Copied" : "Press Ctrl+C";
  setTimeout(() => { label.textContent = before; }, SAID_FOR);
}

async function copied(source) {
  try {
    await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
    return true;
  } catch {
    // Over plain HTTP browsers offer no clipboard; the text is marked for Ctrl+C instead.
    getSelection().selectAllChildren(source);
    source.select?.();
    return false;
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick);
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
document.getElementById("created")?.focus();
// This page may be the answer to a form: loading it again must not send the form again.
if (new URLSearchParams(location.search).get("ended") === null) history.replaceState(null, "", "/console");
setInterval(() => tick(live, Date.now()), TICK);
showCount();
new Poller({ source: live.dataset.source, took, says }).start();
