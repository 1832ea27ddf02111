/**
 * A connection as noVNC wants it, WebSocket's members included, over a port to the page that holds the real one.
 *
 * The frame has no network: what noVNC sends goes through the port, and what the page received comes out of it.
 */

import { TO_CONNECTION, isBytes, read } from "./messages.js";

export class Channel {
  binaryType = "arraybuffer";
  protocol = "";
  readyState = "connecting";
  onopen = null;
  onclose = null;
  onerror = null;
  heard = null;       // what else wants to know that bytes came
  marked = null;      // what is told the number of each mark between the bytes, once noVNC has what came before
  #port;
  #taker = null;

  /** port: one end of a MessageChannel whose other end the page has. */
  constructor(port) {
    this.#port = port;
  }

  get onmessage() {
    return this.#taker;
  }

  /** noVNC listens a moment after it was made: what the page sends before that waits in the port. */
  set onmessage(taker) {
    this.#taker = taker;
    this.#port.onmessage ??= ({ data }) => this.#hear(data);
  }

  /** Sends a view of bytes that the caller will use again: they are copied once, and that copy is handed over. */
  send(view) {
    const bytes = view.slice().buffer;
    this.#port.postMessage(bytes, [bytes]);
  }

  /** Tells the page to close the connection. The page's answer is not awaited: it may be gone. */
  close() {
    this.tell({ kind: "close" });
    queueMicrotask(() => this.#close());
  }

  /** Says something about the connection to the page. */
  tell(message) {
    this.#port.postMessage(message);
  }

  #hear(data) {
    if (isBytes(data)) {
      this.heard?.();
      this.#give(data);
      return;
    }
    const message = read(TO_CONNECTION, data);
    if (message?.kind === "opened" && this.readyState === "connecting") {
      this.readyState = "open";
      this.onopen?.({});
    } else if (message?.kind === "closed") {
      this.#close();
    } else if (message?.kind === "mark") {
      this.marked?.(message.number);
    }
  }

  /** noVNC throws over a clipboard that is not UTF-8, and would leave what came after it until more comes. */
  #give(bytes) {
    for (let rest = bytes; rest; ) {
      rest = this.#isTaken(rest) ? null : new ArrayBuffer(0);
    }
  }

  #isTaken(data) {
    try {
      this.#taker?.({ data });
      return true;
    } catch (error) {
      if (error instanceof URIError) return false;
      throw error;
    }
  }

  #close() {
    if (this.readyState !== "closed") {
      this.readyState = "closed";
      this.onclose?.({});
    }
  }
}
