/** Full screen, and the bar that comes back when the upper edge is touched. */

/** How near to the edge, in pixels, counts as touching it. */
const NEAR = { mouse: 1, pen: 8, touch: 16 };

export class Edge {
  #page;
  #bar;

  constructor(page) {
    this.#page = page;
    this.#bar = page.getElementById("bar");
    const look = (event) => this.#look(event);
    page.defaultView.addEventListener("pointermove", look, { capture: true, passive: true });
    page.defaultView.addEventListener("pointerdown", look, { capture: true, passive: true });
    page.addEventListener("fullscreenchange", () => this.#turned());
  }

  /** Enters full screen, or leaves it. */
  async turn() {
    const { documentElement: root, fullscreenElement } = this.#page;
    await (fullscreenElement ? this.#page.exitFullscreen() : root.requestFullscreen());
  }

  /** The bar shows while it has just come up, so that the way back is seen once. */
  #turned() {
    const full = this.#page.fullscreenElement !== null;
    this.#page.getElementById("full-screen").setAttribute("aria-pressed", String(full));
    this.#bar.classList.toggle("bar--shown", full);
  }

  #look(event) {
    if (event.clientY <= NEAR[event.pointerType]) {
      this.#bar.classList.add("bar--shown");
    } else if (!this.#bar.contains(event.target)) {
      this.#bar.classList.remove("bar--shown");
    }
  }
}
