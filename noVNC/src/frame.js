/**
 * Wires the picture's frame, which has no network, no cookie and an origin of its own: whatever a customer's machine
 * makes of the decoders in here, it finds nothing but the port to the page.
 */

import { Chord } from "./chord.js";
import { Desktop } from "./desktop.js";
import { NEAR } from "./edge.js";
import { TO_FRAME, listen } from "./messages.js";
import { Stretch } from "./stretch.js";

const part = (id) => document.getElementById(id);
const chord = new Chord();
let near = false;

/** Does what the page says, and tells it what happens here. The first port is the page's; there is no second. */
function begin(port) {
  const tell = (message, moved = []) => port.postMessage(message, moved);
  const stretch = new Stretch(part("view"), part("place"), (percent, fit) => tell({ kind: "zoomed", percent, fit }));
  const desktop = new Desktop(part("place"), stretch);
  listen(port, TO_FRAME, {
    open: (_message, [connection]) => connection && desktop.open(connection),
    leave: () => desktop.leave(),
    focus: () => desktop.focus(),
    zoom: ({ how }) => stretch.turn(how),
    pan: ({ x, y }) => stretch.pan(x, y),
    quality: ({ quality, compression }) => { desktop.levels = { quality, compression }; },
    picture: () => { void sendPicture(desktop, tell); },
    viewOnly: ({ on }) => { desktop.viewOnly = on; },
    keys: ({ strokes }) => desktop.type(strokes),
    paste: ({ text }) => desktop.paste(text),
    hold: () => desktop.hold(),
    show: () => desktop.show(),
  });
  watch(desktop, tell);
}

async function sendPicture(desktop, tell) {
  const png = await desktop.picture();
  if (png) {
    tell({ kind: "picture", png }, [png]);
  }
}

/** What the page cannot see: keys, the pointer, and who has the keyboard. */
function watch(desktop, tell) {
  const on = (kind, listener) => window.addEventListener(kind, listener, { capture: true, passive: true });
  on("keydown", (event) => chord.press(event.code));
  on("keyup", (event) => chord.release(event.code) && tell({ kind: "chord" }));
  on("focus", (event) => event.isTrusted && tellKeyboard(desktop, tell));
  on("blur", (event) => { chord.forget(); if (event.isTrusted) tellKeyboard(desktop, tell); });
  on("pointermove", (event) => tellEdge(event, tell));
  on("pointerdown", (event) => { takeKeyboard(); tellEdge(event, tell); });
}

/** noVNC keeps browsers from doing so by themselves, and its canvas may think that it has the keyboard still. */
function takeKeyboard() {
  if (!document.hasFocus()) {
    window.focus();
  }
}

function tellKeyboard(desktop, tell) {
  // Whoever came by the Tab key or from outside shall be at the desktop, not beside it.
  if (document.hasFocus() && document.activeElement === document.body) {
    desktop.focus();
  }
  tell({ kind: "keyboard", on: document.hasFocus() });
}

function tellEdge({ clientY, pointerType }, tell) {
  const isNear = clientY <= NEAR[pointerType];
  if (isNear !== near) {
    near = isNear;
    tell({ kind: "edge", near });
  }
}

function hear({ source, ports, data }) {
  if (source !== window.parent || data?.kind !== "hello") return;
  if (ports.length === 1) {
    window.removeEventListener("message", hear);
    begin(ports[0]);
  } else {
    sayReady();
  }
}

// To any origin: the word is no secret, and only the page that frames us hears it.
function sayReady() {
  window.parent.postMessage({ kind: "ready" }, "*");
}

window.addEventListener("message", hear);
sayReady();
