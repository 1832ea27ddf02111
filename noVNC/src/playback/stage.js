/** The picture's place on the page: its size, how it is moved, full screen. */

export class Stage {
  #page;
  #picture;
  #grip = null;

  /** page: the document. picture: a Picture. */
  constructor(page, picture) {
    this.#page = page;
    this.#picture = picture;
    const stage = page.getElementById("stage");
    stage.addEventListener("pointerdown", (event) => this.#take(event));
    stage.addEventListener("pointermove", (event) => this.#drag(event));
    stage.addEventListener("pointerup", () => { this.#grip = null; });
    page.getElementById("size").addEventListener("click", ({ currentTarget }) => (
      picture.zoom(currentTarget.getAttribute("aria-pressed") === "true" ? "fit" : "actual")
    ));
    page.getElementById("full").addEventListener("click", () => { void this.#turn(); });
    page.addEventListener("fullscreenchange", () => this.#press("full", page.fullscreenElement !== null));
  }

  /** The picture is drawn so large. */
  zoomed(_percent, fit) {
    this.#press("size", !fit);
    this.#page.getElementById("stage").dataset.zoom = fit ? "fit" : "actual";
  }

  async #turn() {
    const player = this.#page.getElementById("player");
    await (this.#page.fullscreenElement ? this.#page.exitFullscreen() : player.requestFullscreen());
  }

  #press(id, pressed) {
    this.#page.getElementById(id).setAttribute("aria-pressed", String(pressed));
  }

  #take(event) {
    this.#grip = { x: event.clientX, y: event.clientY };
    event.currentTarget.setPointerCapture(event.pointerId);
  }

  /** The picture in its frame never has the pointer, which would find nothing to do there. */
  #drag({ clientX: x, clientY: y }) {
    if (this.#grip) {
      this.#picture.pan(this.#grip.x - x, this.#grip.y - y);
      this.#grip = { x, y };
    }
  }
}
