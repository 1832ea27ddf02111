/** The line of figures in the bar, and the quality that follows them. */

import { ago, rate } from "./left.js";
import { Meter } from "./meter.js";
import { Automatic } from "./quality.js";

const EVERY = 1_000;

/** Measures are taken so many seconds apart. */
const MEASURE = 3;

/** The sharpness at which the relay asks for a picture without any loss. */
const EXACT = 9;

const LEVELS = ["quality", "compression"];

/** Under which name the browser remembers what was chosen by hand. */
const CHOSEN = "reachback.quality";

export class Line {
  #page;
  #levels;
  #meter = new Meter();
  #automatic = new Automatic();
  #store;
  #trip = null;
  #ticks = 0;
  #bursts = 0;

  /**
   * now: () → milliseconds. levels: ({quality, compression}) → nothing, has the picture drawn so. store: a Storage,
   * which remembers for this browser what was chosen by hand.
   */
  constructor(page, { now, levels, store }) {
    this.#page = page;
    this.now = now;
    this.#levels = levels;
    this.#store = store;
    this.#recall();
    this.#part("automatic").addEventListener("change", () => this.#chosen());
    for (const id of LEVELS) {
      this.#part(id).addEventListener("input", () => { this.#part("automatic").checked = false; this.#chosen(); });
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
    const levels = this.#part("automatic").checked ? this.#automatic.levels : this.#byHand;
    for (const [name, level] of Object.entries(levels)) {
      this.#part(name).value = level;
      this.#part(`${name}-now`).textContent = level;
    }
    this.#part("quality-now").textContent = levels.quality === EXACT ? "9, exact" : levels.quality;
    this.#levels(levels);
  }

  get #byHand() {
    return Object.fromEntries(LEVELS.map((name) => [name, Number(this.#part(name).value)]));
  }

  #chosen() {
    const choice = this.#part("automatic").checked ? null : this.#byHand;
    try {
      this.#store.setItem(CHOSEN, JSON.stringify(choice));
    } catch {
      // A browser that remembers nothing still does it now.
    }
    this.#choose();
  }

  #recall() {
    const choice = readChoice(this.#store);
    for (const name of LEVELS) {
      this.#part(name).value = choice?.[name] ?? this.#part(name).value;
    }
    this.#part("automatic").checked = choice === null;
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}

/** What was chosen by hand in this browser, or null. */
function readChoice(store) {
  try {
    const choice = JSON.parse(store.getItem(CHOSEN));
    return LEVELS.every((name) => Number.isInteger(choice?.[name])) ? choice : null;
  } catch {
    return null;
  }
}
