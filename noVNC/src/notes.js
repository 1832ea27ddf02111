/** Ticket number and note beside the picture: saved while they are written. */

import { Saving } from "./saving.js";
import { exactTime } from "./words.js";

export class Notes {
  #boxes;
  #state;
  #saving;

  /** portal: a Portal. now, later, never: as in Viewer. */
  constructor(page, { portal, now, later, never }) {
    this.#boxes = [...page.querySelectorAll("[data-note]:not([readonly])")];
    this.#state = page.getElementById("notes-state");
    const tell = (what, message) => { this.#state.textContent = words(what, message, now()); };
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
    for (const box of this.#boxes) {
      if (!this.#saving.open && box !== box.ownerDocument.activeElement) {
        box.value = session[box.dataset.note];
      }
    }
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
