/** Wires the viewer page: its parts, the portal's addresses, the browser's time. */

import { Attempts } from "./attempts.js";
import { Bar } from "./bar.js";
import { ClipboardPanel } from "./clipboard_panel.js";
import { saveFile } from "./download.js";
import { Drawer } from "./drawer.js";
import { Edge } from "./edge.js";
import { watchEnding } from "./ending.js";
import { Hands } from "./hands.js";
import { focusBar, watchKeys } from "./keys.js";
import { Line } from "./line.js";
import { Menu } from "./menu.js";
import { fileName } from "./names.js";
import { Notes } from "./notes.js";
import { Presence } from "./presence.js";
import { RecordingSign } from "./recording_sign.js";
import { Screen } from "./screen.js";
import { Seating } from "./seating.js";
import { Portal } from "./tickets.js";
import { TimeLeft } from "./time_left.js";
import { TypingPanel } from "./typing_panel.js";
import { Viewer } from "./viewer.js";

const part = (id) => document.getElementById(id);
const time = {
  now: () => new Date(),
  later: (task, milliseconds) => window.setTimeout(task, milliseconds),
  never: (handle) => window.clearTimeout(handle),
};

const config = JSON.parse(part("viewer-config").textContent);
const csrf = document.querySelector('meta[name="csrf-token"]').content;
const portal = new Portal({ fetch: (...request) => window.fetch(...request), urls: config, csrf });

const bar = new Bar(document, time.later);
const clipboard = new ClipboardPanel(document, (text) => screen.paste(text));
const edge = new Edge(document);
const menu = new Menu(document);
const typing = new TypingPanel(document, {
  send: (strokes) => screen.typeKeys(strokes),
  save: (keyboard) => { void portal.editSession({ keyboard }); },
  ...time,
});
const notes = new Notes(document, { portal, ...time });
const timeLeft = new TimeLeft(document, config, {
  portal, now: time.now, told: describe, refused: () => drawer.open("notes"),
});
const recordingSign = new RecordingSign(document, { portal, told: describe, later: time.later });
const drawer = new Drawer(document, (panel) => panel === "clipboard" && clipboard.seen());

const screen = new Screen(part("screen"), {
  connected: () => { void viewer.connected(); takeKeyboard(); },
  closed: (closing) => { void viewer.closed(closing); },
  stopped: (message) => { void viewer.stopped(message); },
  named: (text) => bar.name(text),
  copied: (text) => clipboard.received(text),
  rang: () => bar.ring(),
  received: (bytes) => line.received(bytes),
  asked: () => line.asked(),
  answered: (milliseconds) => line.answered(milliseconds),
  keyboard: (on) => { document.documentElement.dataset.keyboard = on ? "desktop" : "page"; if (on) clipboard.focused(); },
  chord: () => focusBar(document),
  edge: (near) => edge.show(near),
  zoomed: (percent, fit) => bar.zoomed(percent, fit),
  pictured: (png) => saveFile(document, png, "image/png", fileName(bar.names, time.now(), ".png")),
}, time.later);

const line = new Line(document, {
  now: () => performance.now(),
  levels: (levels) => { screen.levels = levels; },
  store: browserStore(),
});

const hands = new Hands(document, { screen, bar, typing, clipboard }, time);
const presence = new Presence(document, (deed, seat) => { void act(deed, seat); });
const seating = new Seating({
  portal, me: config.technician, mode: config.mode, admin: config.takes_control, memory: window.sessionStorage,
  place: config.session_id,
});

const viewer = new Viewer({
  portal,
  seating,
  screen,
  face: { show, describe },
  attempts: new Attempts({ now: time.now, random: () => Math.random() }),
  hidden: () => document.hidden,
  silence: () => line.silence,
  ...time,
});

/** Where this browser remembers things; one that forbids it has none. */
function browserStore() {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => {} };
  }
}

function show(state) {
  bar.show(state);
  line.live = state.name === "connected";
  hands.watching = seating.mode === "watch";
  hands.live = state.name === "connected";
}

function describe(session) {
  bar.describe(session);
  notes.describe(session);
  typing.describe(session);
  timeLeft.describe(session);
  presence.show(seating.scene);
  hands.watching = seating.mode === "watch";
  recordingSign.describe(session);
}

/** Settles something about a seat; the desktop has the keyboard again afterwards. */
async function act(deed, seat) {
  takeKeyboard();
  const { ok, message } = await viewer.act(deed, seat);
  presence.trouble = ok ? "" : message;
}

/** The desktop gets the keyboard as it comes, unless the technician is writing or being asked something. */
function takeKeyboard() {
  if (!document.activeElement?.closest("#drawer, #menu, dialog")) {
    screen.focus();
  }
}

function onClick(where, listener) {
  for (const button of document.querySelectorAll(where)) {
    button.addEventListener("click", () => listener(button));
  }
}

/** An action of the bar; the desktop has the keyboard again afterwards. */
function onAction(where, listener) {
  onClick(where, (button) => { listener(button); menu.turn(false); screen.focus(); });
}

onAction("[data-chord]", ({ dataset }) => screen.press(dataset.chord));
onAction("#actual-size", () => { screen.fit = !screen.fit; });
onAction("#view-only", () => hands.turn());
onAction("#full-screen", () => { void edge.turn(); });
onAction("#screenshot", () => screen.picture());
onClick("[data-zoom]", ({ dataset }) => screen.zoom(dataset.zoom));
onClick("#menu [data-panel], #clipboard", () => menu.turn(false));
onClick("#again", () => { void viewer.again(); });

window.addEventListener("online", () => { void viewer.wake(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) void viewer.wake(); });

watchKeys(document, screen);
watchEnding(document, () => viewer.end(), () => screen.focus());

void viewer.start(config.call_id);
