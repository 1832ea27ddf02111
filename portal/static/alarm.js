/** One alarm that can be set anew and cleared, and that also goes off in time while nobody sees the page. */

export class Alarm {
  #goes = null;
  #timer;
  #worker;

  constructor(address = new URL("metronome.js", import.meta.url), make = (url) => new Worker(url)) {
    this.#worker = started(address, make);
    if (this.#worker) this.#worker.onmessage = () => this.#goOff();
    // Where a worker may not start, the page's own timers have to do.
    if (this.#worker) this.#worker.onerror = () => { this.#worker = null; };
  }

  /** Calls `goes` in so many milliseconds, and forgets what was to be called before. */
  set(goes, milliseconds) {
    this.clear();
    this.#goes = goes;
    if (this.#worker) this.#worker.postMessage(milliseconds);
    else this.#timer = setTimeout(() => this.#goOff(), milliseconds);
  }

  clear() {
    this.#goes = null;
    clearTimeout(this.#timer);
    this.#worker?.postMessage(null);
  }

  #goOff() {
    const goes = this.#goes;
    this.#goes = null;
    goes?.();
  }
}

function started(address, make) {
  try {
    return make(address);
  } catch {
    return null;
  }
}
