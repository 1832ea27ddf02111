/** The line of figures in the bar, and the quality that follows them. */

import { ago, rate } from "./left.js";
import { Meter } from "./meter.js";
import { Automatic } from "./quality.js";

const EVERY = 1_000;

/** Measures are taken so many seconds apart. */
const MEASURE = 3;

export class Line {
  #page;
  #levels;
  #meter = new Meter();
  #automatic = new Automatic();
  #trip = null;
  #ticks = 0;
  #bursts = 0;

  /** now: () → milliseconds. levels: ({quality, compression}) → nothing, has the picture drawn so. */
  constructor(page, { now, levels }) {
    this.#page = page;
    this.now = now;
    this.#levels = levels;
    this.#part("automatic").addEventListener("change", () => this.#choose());
    for (const id of ["quality", "compression"]) {
      this.#part(id).addEventListener("input", () => { this.#part("automatic").checked = false; this.#choose(); });
    }
    page.defaultView.setInterval(() => this.#tick(), EVERY);
    this.#choose();
  }

  /** Bytes of the picture came. */
  received(bytes) {
    this.#meter.note(bytes, this.now());
  }

  /** The next update of the picture was asked for. */
  asked() {
    this.#meter.asked();
  }

  /** The customer's computer took so long to answer. */
  answered(milliseconds) {
    this.#trip = milliseconds;
  }

  /** Whether there is a desktop that the figures are about. */
  set live(live) {
    this.#part("line").hidden = !live;
    this.#trip = live ? this.#trip : null;
  }

  /** Milliseconds since anything came. */
  get silence() {
    return this.#meter.last === null ? Infinity : this.now() - this.#meter.last;
  }

  #tick() {
    this.#ticks += 1;
    if (!this.#part("line").hidden) {
      this.#write();
      this.#measure();
    }
  }

  #write() {
    this.#part("line-trip").textContent = this.#trip === null ? "" : `${this.#trip} ms`;
    this.#part("line-flow").textContent = rate(this.#meter.flow(this.now()));
    this.#part("line-last").textContent = Number.isFinite(this.silence) ? ago(this.silence) : "";
  }

  /** A measure is one only where something new was seen. */
  #measure() {
    if (this.#ticks % MEASURE !== 0) {
      return;
    }
    const capacity = this.#meter.capacity(this.now());
    const isNew = this.#meter.bursts > this.#bursts;
    this.#bursts = this.#meter.bursts;
    this.#automatic.measured(isNew ? capacity : null);
    if (capacity !== null) {
      this.#part("automatic-note").textContent = `The line carries about ${rate(capacity)}.`;
    }
    this.#choose();
  }

  #choose() {
    const byHand = { quality: Number(this.#part("quality").value), compression: Number(this.#part("compression").value) };
    const levels = this.#part("automatic").checked ? this.#automatic.levels : byHand;
    for (const [name, level] of Object.entries(levels)) {
      this.#part(name).value = level;
      this.#part(`${name}-now`).textContent = level;
    }
    this.#levels(levels);
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}
