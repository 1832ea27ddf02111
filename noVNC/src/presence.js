/** Shows who is at the computer: in the strip under the bar, and as a list with what can be done in the drawer. */

import { deedsFor, doing, strip } from "./seats.js";
import { clockTime } from "./words.js";

export class Presence {
  #page;
  #act;
  #shown = "";
  #asked = false;
  #notice = "";

  /** page: the document. act: (deed, seat's number) → nothing, has it done. */
  constructor(page, act) {
    this.#page = page;
    this.#act = act;
  }

  /** Shows a scene, as seats.js makes it. What did not change stays as it is, and so does the keyboard's focus. */
  show(scene) {
    this.#notice = this.#refused(scene) ? `${scene.controller.technician} keeps control for now.` : this.#notice;
    const seen = JSON.stringify([scene, this.#notice]);
    if (seen !== this.#shown) {
      this.#shown = seen;
      this.#strip(scene);
      this.#list(scene);
    }
  }

  /** Says why something was not done; empty where it was. */
  set trouble(words) {
    this.#notice = "";
    this.#part("present-trouble").textContent = words;
    if (words) {
      this.#part("present").hidden = false;
    }
  }

  /** Whether the technician asked for control and was told no. */
  #refused({ own, controller }) {
    const refused = this.#asked && own?.mode === "watch" && !own.asks && !own.offered && controller !== null;
    if (own?.mode === "control" || own?.asks) {
      this.#notice = "";
    }
    this.#asked = own?.asks === true;
    return refused;
  }

  #strip(scene) {
    const { words, deeds, urgent } = strip(scene);
    this.#part("present").hidden = words === "";
    this.#part("present").classList.toggle("present--urgent", urgent);
    this.#write("present-words", this.#notice || words);
    const ways = deeds.map((one, at) => this.#button(one, urgent && at === 0));
    this.#replace("present-ways", ways, "present-more");
    this.#part("present-people").replaceChildren(...scene.seats.map((seat) => this.#chip(seat, scene)));
  }

  #list(scene) {
    this.#part("people-none").hidden = scene.seats.length > 0;
    this.#replace("people", scene.seats.map((seat) => this.#item(seat, scene)), "tab-people");
  }

  #chip(seat, scene) {
    const name = this.#make("strong", nameOf(seat, scene));
    const chip = this.#make("li", name, ` ${doing(seat)}`);
    chip.className = `present__one present__one--${seat.mode}`;
    return chip;
  }

  #item(seat, scene) {
    const name = this.#make("strong", nameOf(seat, scene));
    const item = this.#make("li", name, ` ${doing(seat)}, here since ${clockTime(new Date(seat.since))}`);
    const deeds = deedsFor(seat, scene);
    if (deeds.length > 0) {
      const ways = this.#make("p", ...deeds.map((one) => this.#button(one, false)));
      ways.className = "people__ways";
      item.append(ways);
    }
    return item;
  }

  #button({ deed, seat, word }, primary) {
    const button = this.#make("button", word);
    Object.assign(button, { type: "button", className: primary ? "button button--primary" : "button" });
    button.addEventListener("click", () => {
      // The technician's own wish is no refusal.
      this.#asked &&= deed !== "withdraw";
      this.#act(deed, seat);
    });
    return button;
  }

  #make(name, ...content) {
    const made = this.#page.createElement(name);
    made.append(...content);
    return made;
  }

  /**
   * New content in place of old. Where the keyboard's focus was in it, it goes to what stays, and not to another
   * button, which an Enter pressed in this moment would press.
   */
  #replace(id, content, stays) {
    const place = this.#part(id);
    const hadFocus = place.contains(this.#page.activeElement);
    place.replaceChildren(...content);
    if (hadFocus) {
      this.#part(stays).focus();
    }
  }

  /** Only what changed, so that a live region does not say the same twice. */
  #write(id, words) {
    if (this.#part(id).textContent !== words) {
      this.#part(id).textContent = words;
    }
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}

function nameOf({ id, technician }, { own }) {
  return id === own?.id ? `${technician} (you)` : technician;
}
