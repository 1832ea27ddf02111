/** The player's face: what it is doing, and the parts that one clicks, drags and chooses. */

import { dayTime, moment, sentence, spoken } from "./words.js";

/** Milliseconds that a picture may be looked for before that is said. */
const HURRY = 300;

export class Controls {
  #page;
  #player;
  #length;
  #begun;
  #later;
  #said = "";

  /** page: the document. player: a Player. length: milliseconds. begun: a Date. later: (function, milliseconds). */
  constructor(page, { player, length, begun, later }) {
    this.#page = page;
    this.#player = player;
    this.#length = length;
    this.#begun = begun;
    this.#later = later;
    this.#part("seek").max = length;
    this.#on("turn", "click", () => player.turn());
    this.#on("seek", "input", ({ target }) => player.seek(Number(target.value)));
    this.#on("speed", "change", ({ target }) => { player.speed = Number(target.value); });
    this.#on("skip", "change", ({ target }) => { player.skipsIdle = target.checked; });
    player.skipsIdle = this.#part("skip").checked;
    player.speed = Number(this.#part("speed").value);
    for (const control of page.querySelectorAll("#controls :disabled")) {
      control.disabled = false;
    }
  }

  /** Shows how it stands. */
  show() {
    const { position, playing, state } = this.#player;
    this.#page.documentElement.dataset.player = state;
    this.#part("seek").value = position;
    this.#part("seek").setAttribute("aria-valuetext", `${spoken(position)} of ${spoken(this.#length)}`);
    this.#write("position", moment(position));
    this.#write("length", moment(this.#length));
    this.#write("day-time", dayTime(this.#begun, position));
    this.#write("turn-word", playing ? "Pause" : "Play");
    this.#part("turn").dataset.does = playing ? "pause" : "play";
    this.#say(sentence(this.#player));
  }

  /** A state that passes at once is not worth a word. */
  #say(words) {
    if (words !== this.#said) {
      this.#said = words;
      this.#later(() => words === this.#said && this.#write("doing", words), this.#player.trouble ? 0 : HURRY);
    }
  }

  /** Writes only what changed, so that a live region does not say the same twice. */
  #write(id, text) {
    const element = this.#part(id);
    if (element.textContent !== text) {
      element.textContent = text;
    }
  }

  #on(id, kind, listener) {
    this.#part(id).addEventListener(kind, listener);
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}
