/** Full screen, and the bar that comes back when the upper edge is touched. */

/** How near to the edge, in pixels, counts as touching it. */
export const NEAR = { mouse: 1, pen: 8, touch: 16 };

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

  /** Shows the bar, or lets it go; the picture's frame says so, which sees the pointer where this page does not. */
  show(shown) {
    this.#bar.classList.toggle("bar--shown", shown);
  }

  /** The bar shows while it has just come up, so that the way back is seen once. */
  #turned() {
    const full = this.#page.fullscreenElement !== null;
    this.#page.getElementById("full-screen").setAttribute("aria-pressed", String(full));
    this.show(full);
  }

  #look(event) {
    if (event.clientY <= NEAR[event.pointerType]) {
      this.show(true);
    } else if (!this.#bar.contains(event.target)) {
      this.show(false);
    }
  }
}
