/** Whether this technician's keys, mouse and clipboard go to the desktop: not while they watch, nor while they choose to. */

/** Milliseconds within which the relay knows of it, too, that control came: a key that is pressed sooner is lost. */
const HEARD = 400;

export class Hands {
  #page;
  #parts;
  #chosen = false;
  #watching = false;
  #live = false;
  #waiting = null;

  /**
   * page: the document. parts: screen with viewOnly; bar with viewOnly, watching; typing and clipboard with ready.
   * later, never: as in Viewer.
   */
  constructor(page, parts, { later, never }) {
    this.#page = page;
    this.#parts = parts;
    Object.assign(this, { later, never });
  }

  /** The technician chose to look only, or chose otherwise. */
  turn() {
    this.#chosen = !this.#chosen;
    this.#apply();
  }

  /** Whether somebody else's hands are the ones that count. Control that is lost is lost at once. */
  set watching(watching) {
    if (watching || !this.#watching || !this.#live) {
      this.#turn(watching);
    } else {
      this.#waiting ??= this.later(() => this.#turn(false), HEARD);
    }
  }

  /** Whether there is a desktop. */
  set live(live) {
    this.#live = live;
    this.#ready(live && !this.#still);
  }

  #turn(watching) {
    this.never(this.#waiting);
    this.#waiting = null;
    if (watching !== this.#watching) {
      this.#watching = watching;
      this.#apply();
    }
  }

  get #still() {
    return this.#chosen || this.#watching;
  }

  #apply() {
    // Before the keys stop: Caps Lock there shall be as it was before the text that is being typed.
    if (this.#still) {
      this.#ready(false);
    }
    this.#parts.screen.viewOnly = this.#still;
    this.#parts.bar.watching = this.#watching;
    this.#parts.bar.viewOnly = this.#still;
    this.#ready(this.#live && !this.#still);
    this.#mark();
  }

  #mark() {
    const button = this.#page.getElementById("view-only");
    button.setAttribute("aria-pressed", String(this.#still));
    button.disabled = this.#watching;
    for (const why of this.#page.querySelectorAll("[data-watching]")) {
      why.hidden = !this.#watching;
    }
  }

  #ready(ready) {
    this.#parts.typing.ready = this.#parts.clipboard.ready = ready;
  }
}
