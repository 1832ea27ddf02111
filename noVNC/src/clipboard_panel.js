/** Both clipboards, in the drawer. Text from the computer only ever becomes the value of a text box. */

import { lineFeeds, shown, warning } from "./clipboard.js";

const CUT = "The text was long: this is its beginning.";
const SENT = "Sent. Press Ctrl+V on the desktop.";

export class ClipboardPanel {
  #page;
  #paste;

  /** paste: what sends a text to the computer's clipboard. */
  constructor(page, paste) {
    this.#page = page;
    this.#paste = paste;
    this.#on("outgoing", "input", () => this.#warn());
    this.#on("paste-form", "submit", (event) => this.#send(event));
    this.#on("take", "click", () => this.#take());
  }

  /** Shows what was copied on the computer. */
  received(text) {
    const { text: part, cut } = shown(text);
    this.#part("received").value = part;
    this.#part("received-note").textContent = cut ? CUT : "";
    this.#part("take").disabled = part === "";
    this.#part("clipboard-news").hidden = this.#isSeen();
  }

  /** Says whether text can be sent now. */
  set ready(ready) {
    this.#part("paste").disabled = !ready;
  }

  /** Takes the mark off that says that there is something new. */
  seen() {
    this.#part("clipboard-news").hidden = true;
  }

  #isSeen() {
    return this.#part("panel-clipboard").checkVisibility();
  }

  #warn() {
    this.#part("outgoing-note").textContent = warning(this.#part("outgoing").value);
    this.#part("paste-done").textContent = "";
  }

  #send(event) {
    event.preventDefault();
    this.#paste(lineFeeds(this.#part("outgoing").value));
    this.#part("paste-done").textContent = SENT;
  }

  /** Copies the computer's text here, or marks it where the browser allows no more. */
  async #take() {
    const box = this.#part("received");
    try {
      await this.#page.defaultView.navigator.clipboard.writeText(box.value);
      this.#part("received-note").textContent = "Copied.";
    } catch {
      box.select();
      this.#part("received-note").textContent = "Marked. Press Ctrl+C to copy it.";
    }
  }

  #on(id, kind, listener) {
    this.#part(id).addEventListener(kind, listener);
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}
