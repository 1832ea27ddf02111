/**
 * Keeps the technician's clipboard and the computer's alike, where the browser allows it and the technician wants it.
 *
 * Ours is read when the desktop gets the keyboard, and sent where the computer does not have it; what is copied there
 * is written here. Neither comes back as an echo: the last text that both have is remembered, and so is what an old
 * server makes of it. One thing is done at a time, and of many texts from the computer only the newest counts.
 */

import { inLatin1, plain, tooLong, warning } from "./clipboard.js";
import { CLIPBOARD } from "./messages.js";

const PLACE = "reachback.share-clipboards";

export const WORDS = {
  off: "Off: text goes only by the buttons below.",
  insecure: "Not possible here: browsers let only pages under https reach the clipboard. Use the boxes below.",
  on: "On: your clipboard goes to the computer when you go to its desktop, and what is copied there comes here.",
  asking: "The browser asks whether this page may read your clipboard.",
  unread: "Your browser does not let this page read your clipboard, so yours is not sent. "
    + "Allow it in the browser's settings for this page and turn this on again, or use the boxes below.",
  unwritten: "Your browser did not let this page write to your clipboard. The text is in the box below.",
  cut: "The text from the computer is too long to come here whole. Its beginning is in the box below.",
  sent: "Your clipboard is on the computer.",
  came: "The computer's clipboard is here.",
};

export class ClipboardSync {
  #on;
  #ready = false;
  #both = null;       // the last text that both clipboards have
  #arrived = null;    // the newest text from the computer that is not written yet
  #work = Promise.resolve();

  /**
   * clipboard: the browser's (undefined where the page is not secure). mayRead: () → a promise of "granted", "prompt",
   * "denied" or "" where the browser does not say. paste: (text) → nothing, sends. tell: (sentence) → nothing.
   * store: getItem, setItem, removeItem.
   */
  constructor({ clipboard, mayRead, paste, tell, store }) {
    Object.assign(this, { clipboard, mayRead, paste, tell, store });
    this.#on = this.possible && store.getItem(PLACE) === "on";
    tell(this.possible ? WORDS[this.#on ? "on" : "off"] : WORDS.insecure);
  }

  /** Whether the browser lets pages like this one reach the clipboard at all. */
  get possible() {
    return this.clipboard !== undefined;
  }

  get on() {
    return this.#on;
  }

  /** The technician turned it on or off: the only moment at which the browser may ask for permission. */
  turn(on) {
    this.#on = on;
    this.#arrived = null;
    if (!on) {
      this.store.removeItem(PLACE);
      this.tell(WORDS.off);
      return this.#work;
    }
    this.store.setItem(PLACE, "on");
    this.tell(WORDS.asking);
    return this.#then(() => this.#ask());
  }

  /** Whether text can be sent now. What a computer has that was away is not known. */
  set ready(ready) {
    if (ready && !this.#ready) {
      this.#both = null;
    }
    this.#ready = ready;
  }

  /** The desktop has got the keyboard. */
  focused() {
    return this.#then(() => this.#send());
  }

  /** Text was copied on the computer. Answers whether it is on our clipboard now, or was before. */
  received(text) {
    this.#arrived = text;
    return this.#then(() => this.#write());
  }

  #then(task) {
    this.#work = this.#work.then(() => (this.#on ? task() : false));
    return this.#work;
  }

  async #ask() {
    const text = await this.#read();
    this.tell(text === null ? WORDS.unread : WORDS.on);
    if (text !== null) {
      this.#offer(text);
    }
  }

  async #send() {
    if (!this.#ready) return;
    if ((await this.mayRead()) !== "granted") {
      this.tell(WORDS.unread);
      return;
    }
    const text = await this.#read();
    if (text !== null) {
      this.#offer(text);
    }
  }

  /** Our clipboard's text, or null where the browser does not give it: not allowed, or the window is not in front. */
  async #read() {
    try {
      return plain(await this.clipboard.readText());
    } catch {
      return null;
    }
  }

  #offer(text) {
    if (!this.#on || !this.#ready || text === "" || this.#isKnown(text)) return;
    const refused = tooLong(text);
    this.#both = text;
    if (!refused) {
      this.paste(text);
    }
    this.tell(refused || `${WORDS.sent} ${warning(text)}`.trim());
  }

  async #write() {
    const text = this.#arrived;
    this.#arrived = null;
    if (text === null) return true;   // a newer one was written in its place
    if (this.#isKnown(plain(text))) return true;
    return this.#put(text);
  }

  async #put(text) {
    if (text.length >= CLIPBOARD) {
      this.tell(WORDS.cut);
      return false;
    }
    try {
      await this.clipboard.writeText(plain(text));
    } catch {
      this.tell(WORDS.unwritten);
      return false;
    }
    this.#both = plain(text);
    this.tell(WORDS.came);
    return true;
  }

  #isKnown(text) {
    return this.#both !== null && (text === this.#both || text === inLatin1(this.#both));
  }
}
