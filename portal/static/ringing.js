/** Rings and notifies when a customer connects or a call needs somebody, as this person likes it. */

import { canRing, prepare, ring } from "./bell.js";
import { claim, News } from "./news.js";

// A tab that cannot sound lets the others go first.
const STAND_BACK = 700;
const BLOCKED = "Your browser blocks notifications from this site. Allow them in its settings for this page, then try again.";
const NOT_HERE = "Browsers notify only from pages served over HTTPS. An admin sets REACHBACK_PUBLIC_URL to an https address.";
const NOT_KEPT = "This could not be kept; it holds until the page is loaded again. Try again in a moment.";

const menu = document.getElementById("ringing");
const asking = document.getElementById("asking");
const why = document.getElementById("ringing-why");

/** Whether browsers let this page notify at all. */
function mayNotify() {
  return "Notification" in window && window.isSecureContext;
}

export class Ringing {
  #news;
  #csrf;

  /** `live` is the part of the page that brings news, `csrf` the token for keeping what was answered. */
  constructor(live, csrf) {
    this.live = live;
    this.#news = new News(live);
    this.#csrf = csrf;
  }

  start() {
    menu.hidden = false;
    asking.hidden = "asked" in asking.dataset;
    asking.addEventListener("click", ({ target }) => this.#answered(target.closest("[data-answer]")?.dataset.answer));
    menu.addEventListener("click", ({ target }) => this.#toggled(target.closest("[data-like]")?.dataset.like));
    for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => this.#likes("sound") && prepare());
    if (this.#likes("sound")) prepare();
    this.#show();
  }

  /** Looks for news after the live part was brought up to date, and tells it where no other tab has. */
  async look() {
    const fresh = this.#news.since(this.live);
    if (!fresh.length || !(this.#likes("sound") || this.#likes("notify"))) return;
    if (this.#likes("sound") && !canRing()) await new Promise((done) => { setTimeout(done, STAND_BACK); });
    const mine = await claim(fresh);
    if (mine.length && this.#likes("sound")) ring();
    if (this.#likes("notify") && mayNotify() && Notification.permission === "granted") mine.forEach(notify);
  }

  #likes(what) {
    return menu.dataset[what] === "on";
  }

  async #answered(answer) {
    if (!answer) return;
    asking.hidden = true;
    if (answer === "on") prepare();
    await this.#keep({ sound: answer, notify: answer === "on" && await permitted() ? "on" : "off" });
  }

  async #toggled(what) {
    if (!what) return;
    const wish = this.#likes(what) ? "off" : "on";
    why.textContent = "";
    if (what === "notify" && wish === "on" && !await permitted()) {
      why.textContent = mayNotify() ? BLOCKED : NOT_HERE;
      return;
    }
    await this.#keep({ [what]: wish });
    if (what === "sound" && wish === "on") {
      prepare();
      ring();
    }
  }

  async #keep(likes) {
    Object.assign(menu.dataset, likes);
    asking.hidden = true;
    this.#show();
    const headers = { "Accept": "application/json", "X-CSRFToken": this.#csrf };
    const kept = await fetch(menu.dataset.keeps, { method: "POST", headers, body: new URLSearchParams(likes) }).catch(() => null);
    if (!kept?.ok) why.textContent = NOT_KEPT;
  }

  #show() {
    for (const button of menu.querySelectorAll("[data-like]")) {
      button.setAttribute("aria-pressed", String(this.#likes(button.dataset.like)));
      button.querySelector(".menu__state").textContent = this.#likes(button.dataset.like) ? "on" : "off";
    }
  }
}

async function permitted() {
  return mayNotify() && await Notification.requestPermission() === "granted";
}

function notify({ call, news, more }) {
  // One call has one notification, whichever tab shows it.
  const shown = new Notification(news, { body: more, tag: `call-${call}` });
  shown.onclick = () => {
    window.focus();
    document.querySelector(`[data-call="${call}"]`)?.focus();
    shown.close();
  };
}
