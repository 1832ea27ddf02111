/** Wires the viewer page: its parts, the portal's addresses, the browser's time. */

import { Attempts } from "./attempts.js";
import { Bar } from "./bar.js";
import { Drawer } from "./drawer.js";
import { Edge } from "./edge.js";
import { watchEnding } from "./ending.js";
import { focusBar, watchKeys } from "./keys.js";
import { Screen } from "./screen.js";
import { Portal } from "./tickets.js";
import { Viewer } from "./viewer.js";

const part = (id) => document.getElementById(id);
const later = (task, milliseconds) => window.setTimeout(task, milliseconds);

const config = JSON.parse(part("viewer-config").textContent);
const now = () => new Date();
const csrf = document.querySelector('meta[name="csrf-token"]').content;

const bar = new Bar(document, later);
const drawer = new Drawer(document, (text) => screen.paste(text));
const edge = new Edge(document);

const screen = new Screen(part("screen"), {
  connected: () => { void viewer.connected(); takeKeyboard(); },
  closed: (closing) => { void viewer.closed(closing); },
  stopped: (message) => { void viewer.stopped(message); },
  named: (text) => bar.name(text),
  copied: (text) => drawer.received(text),
  rang: () => bar.ring(),
  keyboard: (on) => { document.documentElement.dataset.keyboard = on ? "desktop" : "page"; },
  chord: () => focusBar(document),
  edge: (near) => edge.show(near),
}, later);

const viewer = new Viewer({
  portal: new Portal({ fetch: (...request) => window.fetch(...request), urls: config, csrf }),
  screen,
  face: { show, describe: (session) => bar.describe(session) },
  attempts: new Attempts({ now, random: () => Math.random() }),
  hidden: () => document.hidden,
  me: config.technician,
  now,
  later,
  never: (handle) => window.clearTimeout(handle),
});

function show(state) {
  bar.show(state);
  drawer.ready = state.name === "connected" && !screen.viewOnly;
}

/** The desktop gets the keyboard as it comes, unless the technician is writing or being asked something. */
function takeKeyboard() {
  if (!document.activeElement?.closest("#drawer, dialog")) {
    screen.focus();
  }
}

function onClick(id, listener) {
  part(id).addEventListener("click", listener);
}

function turnSize() {
  screen.fit = !screen.fit;
  part("actual-size").setAttribute("aria-pressed", String(!screen.fit));
}

function turnViewOnly() {
  screen.viewOnly = !screen.viewOnly;
  part("view-only").setAttribute("aria-pressed", String(screen.viewOnly));
  bar.viewOnly = screen.viewOnly;
  show(viewer.state);
}

/** Opens or shuts the menu that holds the actions on a narrow screen. */
function turnMore(wanted) {
  const open = part("actions").classList.toggle("actions--open", wanted);
  part("more").setAttribute("aria-expanded", String(open));
}

/** An action of the bar; the desktop has the keyboard again afterwards. */
function onAction(id, listener) {
  onClick(id, () => { listener(); screen.focus(); });
}

onClick("again", () => { void viewer.again(); });
onAction("ctrl-alt-del", () => screen.ctrlAltDel());
onAction("actual-size", turnSize);
onAction("view-only", turnViewOnly);
onAction("full-screen", () => { void edge.turn(); });
onClick("more", () => turnMore());
onClick("actions", () => turnMore(false));

window.addEventListener("online", () => { void viewer.wake(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) void viewer.wake(); });

watchKeys(document, () => screen.focus());
watchEnding(document, () => viewer.end(), () => screen.focus());

void viewer.start(config.call_id);
