/** Both clipboards, in the drawer. Text from the computer only ever becomes the value of a text box. */

import { plain, shown, tooLong, warning } from "./clipboard.js";
import { ClipboardSync } from "./clipboard_sync.js";

const CUT = "The text was long: this is its beginning.";
const SENT = "Sent. Press Ctrl+V on the desktop.";

export class ClipboardPanel {
  #page;
  #paste;
  #sync;

  /** paste: what sends a text to the computer's clipboard. */
  constructor(page, paste) {
    this.#page = page;
    this.#paste = paste;
    this.#on("outgoing", "input", () => this.#warn());
    this.#on("paste-form", "submit", (event) => this.#send(event));
    this.#on("take", "click", () => this.#take());
    this.#sync = new ClipboardSync({ ...browsers(page.defaultView), paste, tell: (words) => this.#tell(words) });
    this.#part("share").disabled = !this.#sync.possible;
    this.#part("share").checked = this.#sync.on;
    this.#on("share", "change", ({ target }) => { void this.#sync.turn(target.checked); });
  }

  /** Shows what was copied on the computer. */
  received(text) {
    const { text: part, cut } = shown(plain(text));
    this.#part("received").value = part;
    this.#part("received-note").textContent = cut ? CUT : "";
    this.#part("take").disabled = part === "";
    void this.#share(text);
  }

  /** The desktop has the keyboard now. */
  focused() {
    void this.#sync.focused();
  }

  /** Says whether text can be sent now. */
  set ready(ready) {
    const isNew = ready && this.#part("paste").disabled;
    this.#part("paste").disabled = !ready;
    this.#sync.ready = ready;
    if (isNew && this.#page.documentElement.dataset.keyboard === "desktop") {
      this.focused();
    }
  }

  /** Takes the mark off that says that there is something new. */
  seen() {
    this.#part("clipboard-news").hidden = true;
  }

  /** What came here by itself is no news. */
  async #share(text) {
    const isHere = await this.#sync.received(text);
    this.#part("clipboard-news").hidden = isHere || this.#isSeen();
  }

  #tell(words) {
    this.#part("share-note").textContent = words;
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
    const text = plain(this.#part("outgoing").value);
    const refused = tooLong(text);
    if (!refused) {
      this.#paste(text);
    }
    this.#part("paste-done").textContent = refused || SENT;
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

/** What a window has for sharing clipboards, as ClipboardSync wants it. */
function browsers({ navigator, localStorage }) {
  return { clipboard: navigator.clipboard, store: localStorage, mayRead: () => mayRead(navigator.permissions) };
}

/** Firefox and Safari know no such permission, and say so by throwing. */
async function mayRead(permissions) {
  try {
    return (await permissions.query({ name: "clipboard-read" })).state;
  } catch {
    return "";
  }
}
