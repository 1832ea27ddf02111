/**
 * When the page may try again: ever later while it fails, and never more than ten times in a minute.
 *
 * A customer's shop has many pages open when its network comes back. So pauses are not all alike (jitter), and what
 * counts is every attempt, whoever or whatever asked for it.
 */

/** Milliseconds from one attempt to the next, by how many failed in a row before it. */
const PAUSES = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/** How much a pause may be longer or shorter, as a part of it. */
const JITTER = 0.2;

const MOST = 10;
const WINDOW = 60_000;

/** Milliseconds that a connection has to last until it counts as a success. */
const LASTING = 10_000;

export class Attempts {
  #made = [];
  #failures = 0;
  #due = 0;

  /** now: () → Date. random: () → 0 up to 1. */
  constructor({ now, random }) {
    this.now = now;
    this.random = random;
  }

  /** The number of the next attempt, counted from the last success. */
  get number() {
    return this.#failures + 1;
  }

  /** An attempt is made. It counts as failed until `over` says that it was not. */
  begin() {
    const at = this.now().getTime();
    this.#made = [...this.#made.filter((one) => one > at - WINDOW), at];
    this.#due = at + this.#pause();
    this.#failures += 1;
  }

  /** A connection is over that had the desktop for so many milliseconds. */
  over(lasted) {
    if (lasted >= LASTING) {
      this.#failures = 0;
      this.#due = this.now().getTime() + this.#pause();
    }
  }

  /** Milliseconds until the next attempt; `asked` says that a person wants it now, and only the ten count. */
  wait({ asked = false } = {}) {
    const at = this.now().getTime();
    const full = this.#made.length >= MOST ? this.#made.at(-MOST) + WINDOW : 0;
    return Math.max(0, full - at, asked ? 0 : this.#due - at);
  }

  #pause() {
    const pause = PAUSES[Math.min(this.#failures, PAUSES.length - 1)];
    return Math.round(pause * (1 - JITTER + 2 * JITTER * this.random()));
  }
}
