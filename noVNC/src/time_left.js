/** The time that is left of the session, and the button that makes it longer. */

import { NEAR_END, timeLeft } from "./left.js";

const MORE = 30;
const EVERY = 10_000;

export class TimeLeft {
  #page;
  #end;
  #skew;

  /**
   * config: {expires_at, now} as the portal said them with the page; its clock counts, not this machine's.
   * portal: a Portal. now: as in Viewer. told: (session) → nothing, after it was extended; refused: () → nothing,
   * where it was not, and the panel of notes says why.
   */
  constructor(page, config, { portal, now, told, refused }) {
    this.#page = page;
    this.now = now;
    this.#end = new Date(config.expires_at);
    this.#skew = new Date(config.now) - now();
    for (const button of page.querySelectorAll("[data-extend]")) {
      button.addEventListener("click", () => { void this.#extend(portal, told, refused); });
    }
    page.defaultView.setInterval(() => this.#show(), EVERY);
    this.#show();
  }

  describe(session) {
    this.#end = new Date(session.expires_at);
    this.#show();
  }

  async #extend(portal, told, refused) {
    const session = await portal.extendSession(MORE);
    this.#page.getElementById("extend-note").textContent = session.ok ? "" : session.message;
    return session.ok ? told(session) : refused();
  }

  #show() {
    const now = new Date(this.now().getTime() + this.#skew);
    for (const place of this.#page.querySelectorAll("[data-left]")) {
      place.textContent = timeLeft(this.#end, now);
      place.title = `Until ${this.#end.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`;
      place.classList.toggle("left--near", this.#end - now < NEAR_END);
    }
  }
}
