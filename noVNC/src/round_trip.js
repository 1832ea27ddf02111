/**
 * How long the customer's computer takes to answer: one pixel is asked for anew, and the next bytes are the answer.
 *
 * Asked only while the line is quiet: else a picture that was under way anyway would be taken for it. The question is
 * a whole message of RFC 6143 §7.5.3, sent between two of noVNC's, which writes each of its own at one go.
 */

/** FramebufferUpdateRequest: not incremental, the pixel at 0, 0. */
export const QUESTION = Object.freeze([3, 0, 0, 0, 0, 0, 0, 1, 0, 1]);

/** Milliseconds between two questions, and of quiet before one. */
export const EVERY = 3_000;
const QUIET = 300;

export class RoundTrip {
  #asked = null;
  #heard = 0;

  /** now: () → milliseconds. ask: sends the question. tell: (milliseconds) → nothing. */
  constructor({ now, ask, tell }) {
    Object.assign(this, { now, ask, tell });
  }

  /** Bytes came. */
  heard() {
    this.#heard = this.now();
    if (this.#asked !== null) {
      this.tell(Math.round(this.#heard - this.#asked));
      this.#asked = null;
    }
  }

  /** Time for a question, unless one is open or the line is busy. */
  tick() {
    if (this.#asked === null && this.now() - this.#heard >= QUIET) {
      this.#asked = this.now();
      this.ask();
    }
  }
}
