/** Ticket number and note beside the picture: saved while they are written. */

import { Saving } from "./saving.js";
import { exactTime } from "./words.js";

/** Milliseconds after a save for which an answer about the session may be older than what was saved. */
const SETTLING = 5_000;

export class Notes {
  #boxes;
  #state;
  #saving;
  #saved = 0;

  /** portal: a Portal. now, later, never: as in Viewer. */
  constructor(page, { portal, now, later, never }) {
    this.#boxes = [...page.querySelectorAll("[data-note]:not([readonly])")];
    this.#state = page.getElementById("notes-state");
    this.now = now;
    const tell = (what, message) => this.#tell(what, message);
    this.#saving = new Saving({ save: (changes) => portal.editSession(changes), tell, later, never });
    for (const box of this.#boxes) {
      box.addEventListener("input", () => this.#saving.change(box.dataset.note, box.value));
      box.addEventListener("change", () => { void this.#saving.flush(); });
    }
    page.defaultView.addEventListener("pagehide", () => { void this.#saving.flush(); });
    page.defaultView.addEventListener("beforeunload", (event) => this.#saving.failed && event.preventDefault());
  }

  /** Shows what others wrote, unless something is being written here. */
  describe(session) {
    if (this.#saving.open || this.now() - this.#saved < SETTLING) {
      return;
    }
    for (const box of this.#boxes.filter((one) => one !== one.ownerDocument.activeElement)) {
      box.value = session[box.dataset.note];
    }
  }

  #tell(what, message) {
    this.#saved = what === "saved" ? this.now().getTime() : this.#saved;
    this.#state.textContent = words(what, message, this.now());
  }
}

function words(what, message, at) {
  const said = {
    writing: "Not saved yet.",
    saved: `Saved at ${exactTime(at)}.`,
    failed: `Not saved: ${message} Your text stays here, and is tried again.`,
    refused: `Not saved: ${message}`,
  };
  return said[what];
}
