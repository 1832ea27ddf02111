/**
 * Asks one address again and again for a newer page part. It asks less often while nobody looks, waits longer after
 * each failure, and always says how it stands.
 */

import { Alarm } from "./alarm.js";

const EVERY = 1_500;
const UNSEEN = 5_000;
const LONGEST = 30_000;
const PATIENCE = 8_000;

/** Milliseconds until the next question, after that many failures in a row. */
export function pause(failures, hidden = false) {
  return Math.min(LONGEST, (hidden ? UNSEEN : EVERY) * 2 ** failures);
}

export class Poller {
  #alarm;
  #etag = "";
  #failures = 0;
  #asking = null;
  #since = null;

  /**
   * took(text): a newer part has come; answers whether all of it was used, or it is to be sent again.
   * says(state, facts): "live", "failing" or "signed_out".
   */
  constructor({ source, took, says, fetch = window.fetch.bind(window), alarm = new Alarm() }) {
    Object.assign(this, { source, took, says, fetch });
    this.#alarm = alarm;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#turned());
    this.ask();
  }

  /** Asks now; where a question is under way, once that is answered. */
  ask() {
    this.#alarm.clear();
    this.#asking = (this.#asking ?? Promise.resolve()).then(() => this.#round());
    return this.#asking;
  }

  #turned() {
    if (document.hidden) this.#again();
    else this.ask();
  }

  async #round() {
    this.#alarm.clear();
    if (await this.#look()) this.#again();
  }

  #again() {
    this.#alarm.set(() => this.ask(), pause(this.#failures, document.hidden));
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
    this.says("live");
    return true;
  }

  #fail() {
    this.#failures += 1;
    this.#since ??= new Date();
    this.says("failing", { since: this.#since, again: pause(this.#failures, document.hidden) });
    return true;
  }
}
