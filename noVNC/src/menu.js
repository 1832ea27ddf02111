/** The menu of what is used less often: it opens under *More*, and closes when the attention goes elsewhere. */

export class Menu {
  #bar;
  #button;
  #menu;

  constructor(page) {
    this.#bar = page.getElementById("bar");
    this.#button = page.getElementById("more");
    this.#menu = page.getElementById("menu");
    this.#button.addEventListener("click", () => this.turn(this.#menu.hidden));
    this.#menu.addEventListener("keydown", (event) => this.#escape(event));
    page.addEventListener("pointerdown", ({ target }) => this.#bar.contains(target) || this.turn(false));
  }

  /** Opens the menu, or closes it. On a narrow screen the bar's actions come and go with it. */
  turn(open) {
    this.#menu.hidden = !open;
    this.#bar.classList.toggle("bar--open", open);
    this.#button.ariaExpanded = String(open);
  }

  #escape(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.turn(false);
      this.#button.focus();
    }
  }
}
