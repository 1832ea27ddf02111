/**
 * The picture inside its frame: noVNC over one connection at a time, and the last picture where one was lost.
 *
 * Only this module and careful_rfb.js know noVNC, and only the latter imports it.
 */

import RFB from "./careful_rfb.js";
import { Channel } from "./channel.js";
import { Curtain } from "./curtain.js";
import { CLIPBOARD, PICTURE, WORDS } from "./messages.js";
import { EVERY, QUESTION, RoundTrip } from "./round_trip.js";

const PASSWORD_WANTED = "The relay asked for a password, which it should never do. Tell your administrator.";

export class Desktop {
  #place;
  #stretch;
  #curtain;
  #rfb = null;
  #canvas = null;
  #still = null;
  #levels = null;
  #viewOnly = false;
  #left = false;

  /** place: the element that the picture fills. stretch: the Stretch around it. */
  constructor(place, stretch) {
    this.#place = place;
    this.#stretch = stretch;
    this.#curtain = new Curtain(place);
    place.ownerDocument.addEventListener("visibilitychange", letKeysGo);
  }

  /** Shows the desktop that is at the other end of `port`. */
  open(port) {
    this.#rfb?.disconnect();
    const channel = new Channel(port);
    this.#rfb = new RFB(this.#place, channel, { shared: true });
    this.#listen(this.#rfb, channel);
    this.#dress();
  }

  /** Takes the picture away for good. */
  leave() {
    this.#left = true;
    this.#clear();
    this.#rfb?.disconnect();
  }

  /** Goes on showing the picture as it is now, whatever becomes of it, until `show`. */
  hold() {
    this.#curtain.draw(this.#canvas);
  }

  /** Shows the picture as it is. */
  show() {
    this.#curtain.lift();
  }

  /** Gives the keyboard to the desktop. */
  focus() {
    this.#canvas?.focus({ preventScroll: true });
  }

  /** How sharp the picture is and how hard it is compressed, {quality, compression}, each 0 to 9. */
  set levels(levels) {
    this.#levels = levels;
    if (this.#rfb) {
      Object.assign(this.#rfb, { qualityLevel: levels.quality, compressionLevel: levels.compression });
    }
  }

  /** The picture as a PNG file's bytes, or null where there is none. */
  async picture() {
    const blob = await new Promise((done) => this.#toBlob(done));
    return blob && blob.size <= PICTURE ? blob.arrayBuffer() : null;
  }

  /** Whether keys, pointer and clipboard stay here: noVNC drops them before they become bytes. */
  set viewOnly(viewOnly) {
    letKeysGo();
    this.#viewOnly = viewOnly;
    if (this.#rfb) {
      this.#rfb.viewOnly = viewOnly;
    }
  }

  /** Presses and lets go of keys, in this order: [{keysym, code, down}]. */
  type(strokes) {
    for (const { keysym, code, down } of strokes) {
      this.#rfb?.sendKey(keysym, code, down);
    }
  }

  paste(text) {
    this.#rfb?.clipboardPasteFrom(text);
  }

  #toBlob(done) {
    const source = this.#rfb ?? this.#still;
    return source ? source.toBlob(done, "image/png") : done(null);
  }

  /** Measures, while the connection lives, how long the computer takes to answer. */
  #measure(rfb, channel) {
    const roundTrip = new RoundTrip({
      now: () => performance.now(),
      ask: () => channel.send(Uint8Array.from(QUESTION)),
      tell: (milliseconds) => channel.tell({ kind: "answered", milliseconds }),
    });
    channel.heard = () => roundTrip.heard();
    const ticking = setInterval(() => roundTrip.tick(), EVERY);
    rfb.addEventListener("disconnect", () => clearInterval(ticking));
  }

  #listen(rfb, channel) {
    let reason = "";
    channel.marked = (number) => { void rfb.settled().then(() => channel.tell({ kind: "reached", number })); };
    const on = (kind, listener) => rfb.addEventListener(kind, listener);
    on("connect", () => this.#connected(rfb, channel));
    on("disconnect", () => this.#disconnected(rfb, channel, reason));
    on("securityfailure", (event) => { reason = refusedGreeting(event.detail.reason).slice(0, WORDS); });
    on("credentialsrequired", () => channel.tell({ kind: "stopped", message: PASSWORD_WANTED }));
    on("desktopname", (event) => channel.tell({ kind: "named", text: event.detail.name.slice(0, WORDS) }));
    on("clipboard", (event) => channel.tell({ kind: "copied", text: event.detail.text.slice(0, CLIPBOARD) }));
    on("bell", () => channel.tell({ kind: "rang" }));
  }

  #dress() {
    this.#rfb.scaleViewport = true;
    this.#rfb.viewOnly = this.#viewOnly;
    this.#rfb.background = "transparent";
    this.#canvas = [...this.#place.querySelectorAll("canvas")].at(-1);
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "application");
    this.#canvas.setAttribute("aria-label", "The customer's desktop");
    this.#canvas.addEventListener("blur", letKeysGo);
    this.#stretch.canvas = this.#canvas;
    if (this.#levels) {
      this.levels = this.#levels;
    }
  }

  #clear() {
    this.#still?.remove();
    this.#still = null;
  }

  #connected(rfb, channel) {
    this.#clear();
    this.#measure(rfb, channel);
    channel.tell({ kind: "connected" });
  }

  #disconnected(rfb, channel, reason) {
    if (rfb === this.#rfb) {
      this.#keepStill(this.#canvas);
      this.#rfb = null;
      this.#canvas = null;
    }
    channel.tell({ kind: "gone", reason });
  }

  /** noVNC takes its canvas off the page when it disconnects: what was on it stays as a picture. */
  #keepStill(canvas) {
    if (this.#left || canvas.width === 0 || canvas.height === 0) {
      return;
    }
    this.#clear();
    this.#still = Object.assign(document.createElement("canvas"), {
      className: "still", width: canvas.width, height: canvas.height,
    });
    this.#still.getContext("2d").drawImage(canvas, 0, 0);
    this.#place.append(this.#still);
  }
}

/**
 * Lets go of every key that noVNC holds down on the desktop.
 *
 * noVNC does so when the window loses the keyboard, but neither when only its canvas does, nor when it becomes view
 * only, nor when its tab is hidden; without this a Ctrl held while leaving would stay down on the customer's computer.
 */
function letKeysGo() {
  window.dispatchEvent(new Event("blur"));
}

function refusedGreeting(reason) {
  return reason ? `The relay refused this seat: ${reason}` : "The relay refused this seat.";
}
