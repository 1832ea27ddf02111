/**
 * The picture's frame, played to: to noVNC in there this page is a VNC server, and what noVNC says is not listened to.
 *
 * The frame is the viewer's, with the same two ports and the same tables (messages.js). What it says decides about
 * nothing but when its own picture is seen.
 */

import { meet } from "../meeting.js";
import { FROM_CONNECTION, FROM_FRAME, listen } from "../messages.js";
import { greeting } from "./greeting.js";

/** How many bytes lie between two marks. */
const MARK = 512 * 1024;

/** Milliseconds after which a frame that does not answer is waited for no more. */
const PATIENCE = 5_000;

export class Picture {
  #page = new MessageChannel();
  #connection = null;
  #later;

  /** frame: the iframe. tell: {zoomed(percent, fit)}. later: as in Viewer. */
  constructor(frame, tell, later) {
    this.#later = later;
    meet(frame, this.#page.port2);
    listen(this.#page.port1, FROM_FRAME, {
      zoomed: ({ percent, fit }) => tell.zoomed(percent, fit),
    });
    this.#say({ kind: "viewOnly", on: true });
  }

  /** Begins a desktop of this size and name; what was before is over. */
  begin(desktop) {
    this.#connection?.close();
    const { port1, port2 } = new MessageChannel();
    this.#connection = new Connection(port1, this.#later);
    this.#say({ kind: "open" }, [port2]);
    this.#connection.open(greeting(desktop));
  }

  /** Gives it bytes of the server; they are copied. */
  send(bytes) {
    this.#connection?.send(bytes);
  }

  /** Waits until all that was given is drawn. */
  async drawn() {
    await this.#connection?.reached();
  }

  /** Bytes that were given and are not known to be drawn. */
  get backlog() {
    return this.#connection?.backlog ?? 0;
  }

  /** Whether noVNC gave up on what it was given. */
  get isLost() {
    return this.#connection?.isLost ?? false;
  }

  /** Goes on showing what is shown now, until `show`. */
  hold() {
    this.#say({ kind: "hold" });
  }

  /** Shows what is drawn. */
  show() {
    this.#say({ kind: "show" });
  }

  /** Magnifies: "in", "out", "fit" or "actual". */
  zoom(how) {
    this.#say({ kind: "zoom", how });
  }

  /** Moves what is seen of a magnified picture, by pixels. */
  pan(x, y) {
    this.#say({ kind: "pan", x: Math.round(x), y: Math.round(y) });
  }

  #say(message, ports = []) {
    this.#page.port1.postMessage(message, ports);
  }
}

/** One run of bytes, and what the frame has drawn of it. */
class Connection {
  #port;
  #later;
  #sent = 0;
  #marked = 0;
  #marks = [];
  #number = 0;
  backlog = 0;
  isLost = false;

  constructor(port, later) {
    this.#port = port;
    this.#later = later;
    listen(port, FROM_CONNECTION, {
      reached: ({ number }) => this.#reach(number),
      gone: () => { this.isLost = true; this.#reach(this.#number); },
    });
  }

  /** Says the greeting by itself: noVNC looks at what follows it only when more comes. */
  open(bytes) {
    this.#port.postMessage({ kind: "opened" });
    this.#port.postMessage(bytes.buffer, [bytes.buffer]);
  }

  send(bytes) {
    const { buffer } = bytes.slice();
    this.#port.postMessage(buffer, [buffer]);
    this.#sent += bytes.length;
    this.backlog += bytes.length;
    if (this.#sent - this.#marked >= MARK) {
      this.#mark();
    }
  }

  reached() {
    return this.isLost ? Promise.resolve() : new Promise((done) => this.#mark(done));
  }

  /** Who waits for the frame is told that it is over. */
  close() {
    this.#port.close();
    this.#reach(this.#number);
  }

  #mark(done = () => {}) {
    this.#number += 1;
    const number = this.#number;
    this.#marked = this.#sent;
    this.#marks.push({ number, sent: this.#sent, done });
    this.#port.postMessage({ kind: "mark", number });
    this.#later(() => this.#reach(number), PATIENCE);
  }

  #reach(number) {
    while (this.#marks.length && this.#marks[0].number <= number) {
      const { sent, done } = this.#marks.shift();
      this.backlog = this.#sent - sent;
      done();
    }
  }
}
