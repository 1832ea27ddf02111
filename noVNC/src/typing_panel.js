/** The panel that types a text: what is typed, for which keyboard, and how far it is. */

import keysyms from "../novnc/core/input/keysymdef.js";

import { notOn, suggested } from "./layouts.js";
import { Typist } from "./typing.js";

const NAMED = 8;

export class TypingPanel {
  #page;
  #typist;
  #save;
  #ready = false;

  /** send: what presses keys on the computer. save: (keyboard) → nothing. later, never as in Viewer. */
  constructor(page, { send, save, later, never }) {
    this.#page = page;
    this.#save = save;
    this.#typist = new Typist({ keysyms, send, tell: (typed, all) => this.#tell(typed, all), later, never });
    this.#part("keyboard").value ||= suggested(page.defaultView.navigator.language);
    this.#on("keyboard", "change", () => { this.#save(this.#part("keyboard").value); this.#warn(); });
    this.#on("typed", "input", () => this.#warn());
    this.#on("typing-hidden", "change", () => this.#hide());
    this.#on("typing-form", "submit", (event) => this.#start(event));
    this.#on("typing-stop", "click", () => this.#stop("Stopped."));
    this.#warn();
  }

  /** Says whether keys can be pressed now; what is being typed stops where they cannot. */
  set ready(ready) {
    this.#ready = ready;
    if (!ready && this.#typist.busy) {
      this.#stop("Stopped: the connection went, or you only look now.");
    }
    this.#mark();
  }

  /** Shows the keyboard that somebody chose meanwhile. */
  describe(session) {
    if (session.keyboard && this.#part("keyboard") !== this.#page.activeElement) {
      this.#part("keyboard").value = session.keyboard;
    }
  }

  #start(event) {
    event.preventDefault();
    const text = this.#part("typed").value;
    if (text && this.#ready) {
      this.#typist.type(text, { capsLock: this.#part("caps-lock").checked });
      this.#part("typed").value = "";
      this.#warn();
    }
  }

  #stop(words) {
    this.#typist.stop();
    this.#part("typing-state").textContent = words;
    this.#mark();
  }

  #tell(typed, all) {
    this.#part("typing-state").textContent = typed < all ? `Typing: ${typed} of ${all}.` : "Typed.";
    this.#mark();
  }

  #mark() {
    this.#part("typing-start").disabled = !this.#ready || this.#typist.busy;
    this.#part("typing-stop").hidden = !this.#typist.busy;
  }

  /** A password is not for those who look over the technician's shoulder. */
  #hide() {
    this.#part("typed").classList.toggle("is-hidden", this.#part("typing-hidden").checked);
  }

  #warn() {
    const strange = notOn(this.#part("keyboard").value, this.#part("typed").value);
    const more = strange.length > NAMED ? ` and ${strange.length - NAMED} more` : "";
    this.#part("typed-note").textContent = strange.length
      ? `Not on this keyboard: ${strange.slice(0, NAMED).join(" ")}${more}. Look whether they arrive.`
      : "";
  }

  #on(id, kind, listener) {
    this.#part(id).addEventListener(kind, listener);
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}
