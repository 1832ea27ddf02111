/** The side drawer: one panel at a time, behind tabs. */

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

export class Drawer {
  #page;
  #opened;
  #opener = null;

  /**
   * opened: (name of a panel) → nothing, whenever one is shown. Every element with `data-panel` opens the panel it
   * names, or closes the drawer where that is open.
   */
  constructor(page, opened) {
    this.#page = page;
    this.#opened = opened;
    for (const button of page.querySelectorAll("[data-panel]")) {
      button.addEventListener("click", () => this.turn(button.dataset.panel, button));
    }
    this.#tabs.forEach((tab) => tab.addEventListener("click", () => this.#show(nameOf(tab))));
    this.#part("drawer-close").addEventListener("click", () => this.close());
    this.#part("drawer").addEventListener("keydown", (event) => this.#press(event));
  }

  /** Opens a panel, or closes the drawer where that is open already. */
  turn(name, opener = null) {
    if (this.#current === name) {
      this.close();
    } else {
      this.open(name, opener);
    }
  }

  /** Opens a panel and goes to what has `data-first` in it; closing goes back to `opener`. */
  open(name, opener = null) {
    this.#opener = opener;
    this.#part("drawer").hidden = false;
    this.#show(name);
    (this.#part(`panel-${name}`).querySelector("[data-first]") ?? this.#part(`tab-${name}`)).focus();
  }

  close() {
    this.#part("drawer").hidden = true;
    this.#mark();
    (this.#opener?.checkVisibility() ? this.#opener : this.#part("more")).focus();
  }

  get #current() {
    const open = !this.#part("drawer").hidden;
    return open ? nameOf(this.#tabs.find((tab) => tab.ariaSelected === "true")) : "";
  }

  get #tabs() {
    return [...this.#part("drawer").querySelectorAll('[role="tab"]')];
  }

  #show(name) {
    for (const tab of this.#tabs) {
      const chosen = nameOf(tab) === name;
      tab.ariaSelected = String(chosen);
      tab.tabIndex = chosen ? 0 : -1;
      this.#part(tab.getAttribute("aria-controls")).hidden = !chosen;
    }
    this.#mark();
    this.#opened(name);
  }

  #mark() {
    for (const button of this.#page.querySelectorAll("[data-panel][aria-expanded]")) {
      button.ariaExpanded = String(button.dataset.panel === this.#current);
    }
  }

  #press(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    } else if (event.target.role === "tab" && event.key in STEPS) {
      const tabs = this.#tabs;
      const next = tabs.at((tabs.indexOf(event.target) + STEPS[event.key]) % tabs.length);
      this.#show(nameOf(next));
      next.focus();
    }
  }

  #part(id) {
    return this.#page.getElementById(id);
  }
}

function nameOf(tab) {
  return tab.id.replace("tab-", "");
}
