/**
 * The picture's frame, played to: to noVNC in there this page is a VNC server, and what noVNC says is not listened to.
 *
 * The frame is the viewer's, with the same two ports and the same tables (messages.js). What it says decides about
 * nothing but when its own picture is seen.
 */

import { meet } from "../meeting.js";
import { FROM_FRAME, listen } from "../messages.js";
import { greeting } from "./greeting.js";
import { Stream } from "./stream.js";

export class Picture {
  #page = new MessageChannel();
  #stream = null;
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
    this.#stream?.close();
    const { port1, port2 } = new MessageChannel();
    this.#stream = new Stream(port1, this.#later);
    this.#say({ kind: "open" }, [port2]);
    this.#stream.open(greeting(desktop));
  }

  /** Gives it bytes of the server; they are copied. */
  send(bytes) {
    this.#stream?.send(bytes);
  }

  /** Waits until all that was given is drawn. */
  async drawn() {
    await this.#stream?.reached();
  }

  /** Bytes that were given and are not known to be drawn. */
  get backlog() {
    return this.#stream?.backlog ?? 0;
  }

  /** Whether noVNC gave up on what it was given. */
  get isLost() {
    return this.#stream?.isLost ?? false;
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
