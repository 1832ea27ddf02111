/** The bar, the placard in the middle of an empty stage, and the band that warns of a doubtful call. */

import { plainName } from "./names.js";
import { doubt, hint, sentence, wire } from "./words.js";

/** Milliseconds for which the bar shows that the computer rang. */
const RINGING = 600;

/** Writes only what changed, so that a live region does not say the same twice. */
function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

export class Bar {
  #page;
  #customer;
  #state = null;
  #viewOnly = false;
  #watching = false;
  #call = null;
  #isNamed = false;

  /** page: the document; later as in Viewer. */
  constructor(page, later) {
    this.#page = page;
    this.#customer = this.#part("computer").nextElementSibling.textContent;
    this.later = later;
  }

  /** Shows what the page is doing. */
  show(state) {
    this.#state = state;
    this.#page.documentElement.dataset.viewer = state.name;
    this.#write();
    this.#part("placard").hidden = state.name === "connected";
    this.#part("again").hidden = !["lost", "refused"].includes(state.name);
    this.#part("placard-board").hidden = state.name !== "ended";
    for (const button of this.#page.querySelectorAll("[data-chord]")) {
      button.disabled = !this.#hands();
    }
    this.#part("end").disabled = state.name === "ended";
  }

  /** Says whether the technician only looks. */
  set viewOnly(viewOnly) {
    this.#viewOnly = viewOnly;
    this.show(this.#state);
  }

  /** Says whether another technician's hands are the ones that count. */
  set watching(watching) {
    this.#watching = watching;
    this.show(this.#state);
  }

  /** Shows whose computer it is, as the portal describes the session. */
  describe(session) {
    this.#learnName(session.call);
    this.#wire(session.call);
    const words = doubt(session.call);
    write(this.#part("doubt-words"), words);
    this.#part("doubt").hidden = words === "";
  }

  /** Shows the computer's name, which a stranger chose, as the picture says it: nothing is newer. */
  name(text) {
    this.#isNamed = true;
    this.#name(text);
  }

  /** The portal learns of a new name a little later than the picture; of another call, it is first to know. */
  #learnName(call) {
    if (call) {
      this.#isNamed &&= this.#call === null || this.#call === call.id;
      this.#call = call.id;
    }
    if (call?.desktop && !this.#isNamed) {
      this.#name(call.desktop);
    }
  }

  #name(text) {
    const name = plainName(text) || "Nameless computer";
    write(this.#part("computer"), name);
    this.#part("computer").title = name;
    this.#page.title = `${name} · ${this.#customer} – Reachback`;
  }

  /** What the picture is of, from the general to the particular. */
  get names() {
    return [this.#customer, this.#part("computer").textContent];
  }

  /** Says how large the picture is drawn. */
  zoomed(percent, fit) {
    this.#part("zoom").value = `${percent} %`;
    this.#part("actual-size").setAttribute("aria-pressed", String(!fit));
  }

  /** The computer rang its bell. */
  ring() {
    const { classList } = this.#part("bar");
    classList.add("bar--ringing");
    this.later(() => classList.remove("bar--ringing"), RINGING);
  }

  /** Says whether the customer's connection is encrypted; nothing where there is none. */
  #wire(call) {
    this.#part("wire").hidden = !call;
    this.#part("wire").classList.toggle("wire--encrypted", call?.encrypted === true);
    write(this.#part("wire-words"), wire(call));
  }

  #write() {
    const words = sentence(this.#state, { viewOnly: this.#viewOnly, watching: this.#watching });
    write(this.#part("state"), words);
    this.#part("state").title = words;
    write(this.#part("placard-sentence"), words);
    write(this.#part("placard-hint"), hint(this.#state));
  }

  #hands() {
    return this.#state.name === "connected" && !this.#viewOnly;
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}
