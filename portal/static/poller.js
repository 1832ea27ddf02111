/**
 * Asks one address again and again for a newer page part. It rests while nobody looks, waits longer after each
 * failure, and always says how it stands.
 */

const EVERY = 1_500;
const LONGEST = 30_000;
const PATIENCE = 8_000;

/** Milliseconds until the next question, after that many failures in a row. */
export function pause(failures) {
  return Math.min(LONGEST, EVERY * 2 ** failures);
}

export class Poller {
  #etag = "";
  #failures = 0;
  #timer;
  #since = null;

  /**
   * took(text): a newer part has come; answers whether all of it was used, or it is to be sent again.
   * says(state, facts): "live", "paused", "failing" or "signed_out".
   */
  constructor({ source, took, says, fetch = window.fetch.bind(window) }) {
    Object.assign(this, { source, took, says, fetch });
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#wake());
    this.#wake();
  }

  #wake() {
    clearTimeout(this.#timer);
    if (document.hidden) {
      this.says("paused");
    } else {
      this.#ask();
    }
  }

  async #ask() {
    const going = await this.#look();
    if (going && !document.hidden) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(), pause(this.#failures));
    }
  }

  async #look() {
    try {
      const response = await this.fetch(this.source, {
        headers: this.#etag ? { "If-None-Match": this.#etag } : {},
        redirect: "error",
        cache: "no-store",
        signal: AbortSignal.timeout(PATIENCE),
      });
      return await this.#take(response);
    } catch {
      return this.#fail();
    }
  }

  async #take(response) {
    if (response.status === 401) {
      this.says("signed_out");
      return false;
    }
    if (!response.ok && response.status !== 304) return this.#fail();
    if (response.ok) this.#etag = this.took(await response.text()) ? response.headers.get("ETag") ?? "" : "";
    this.#failures = 0;
    this.#since = null;
    this.says(document.hidden ? "paused" : "live");
    return true;
  }

  #fail() {
    this.#failures += 1;
    this.#since ??= new Date();
    this.says("failing", { since: this.#since, again: pause(this.#failures) });
    return true;
  }
}
