/**
 * Saves what is written beside the picture, a moment after the last key, and again until it is saved.
 *
 * Only what changed is sent, and what was written while a save was under way is sent after it. Nothing is lost: the
 * boxes keep their text, and the page says whether it is saved.
 */

/** Milliseconds after the last key, and after a failure. */
const PAUSE = 800;
const AGAIN = 5_000;

/** What passes by itself. Anything else is for the technician to mend, by what is written. */
const PASSING = new Set(["unreachable", "portal_error"]);

export class Saving {
  #wanted = {};
  #timer = null;
  #busy = false;
  #failed = false;

  /** save: (changes) → {ok, code, message}. tell: ("writing" | "saved" | "failed" | "refused", message). later, never as in Viewer. */
  constructor({ save, tell, later, never }) {
    Object.assign(this, { save, tell, later, never });
  }

  /** Whether something is not saved yet. */
  get open() {
    return this.#busy || Object.keys(this.#wanted).length > 0;
  }

  /** Whether the last save failed, so that leaving now would lose something. */
  get failed() {
    return this.#failed;
  }

  /** A box was changed. */
  change(name, value) {
    this.#wanted[name] = value;
    this.tell("writing", "");
    this.#plan(PAUSE);
  }

  /** Saves now what is open. */
  async flush() {
    this.never(this.#timer);
    if (this.#busy || Object.keys(this.#wanted).length === 0) {
      return;
    }
    const changes = this.#wanted;
    this.#wanted = {};
    this.#busy = true;
    const answer = await this.save(changes);
    this.#busy = false;
    this.#conclude(changes, answer);
  }

  #conclude(changes, answer) {
    this.#failed = !answer.ok;
    if (answer.ok) {
      return this.#saved();
    }
    this.#wanted = { ...changes, ...this.#wanted };
    const passing = PASSING.has(answer.code);
    this.tell(passing ? "failed" : "refused", answer.message);
    return passing && this.#plan(AGAIN);
  }

  #saved() {
    return Object.keys(this.#wanted).length ? this.#plan(PAUSE) : this.tell("saved", "");
  }

  #plan(milliseconds) {
    this.never(this.#timer);
    this.#timer = this.later(() => this.flush(), milliseconds);
  }
}
