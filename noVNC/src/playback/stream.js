/**
 * One run of bytes into the picture's frame, and how much of it is drawn.
 *
 * Between the bytes stand marks, which the frame tells back when all before them is drawn. A frame that stops doing so
 * is believed to have drawn everything: it can keep nobody waiting.
 */

import { FROM_CONNECTION, listen } from "../messages.js";

/** How many bytes lie between two marks. */
const MARK = 512 * 1024;

/** Milliseconds without any answer after which a frame is waited for no more. */
const PATIENCE = 5_000;

export class Stream {
  #port;
  #later;
  #sent = 0;
  #marked = 0;
  #marks = [];
  #number = 0;
  backlog = 0;        // bytes that were given and are not known to be drawn
  isLost = false;     // noVNC gave up on them

  /** port: one end of a MessageChannel whose other end the frame has. later: as in Viewer. */
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

  /** Gives bytes of the server; they are copied. */
  send(bytes) {
    const { buffer } = bytes.slice();
    this.#port.postMessage(buffer, [buffer]);
    this.#sent += bytes.length;
    this.backlog += bytes.length;
    if (this.#sent - this.#marked >= MARK) {
      this.#mark();
    }
  }

  /** Waits until all that was given is drawn. */
  reached() {
    return this.isLost ? Promise.resolve() : new Promise((done) => this.#mark(done));
  }

  /** Ends it; nobody waits for it any longer. */
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
    this.#wait(number);
  }

  /** As long as anything is drawn, it goes on. */
  #wait(number) {
    const [first] = this.#marks;
    const look = () => (this.#marks[0] === first ? this.#reach(number) : this.#wait(number));
    this.#later(() => this.#marks.some((mark) => mark.number === number) && look(), PATIENCE);
  }

  #reach(number) {
    while (this.#marks.length && this.#marks[0].number <= number) {
      const { sent, done } = this.#marks.shift();
      this.backlog = this.#sent - sent;
      done();
    }
  }
}
