/** A copy of the picture that is seen in its stead while another one is made behind it. */

const COVERED = "place--covered";

export class Curtain {
  #place;
  #copy = null;

  /** place: the element that the picture fills. */
  constructor(place) {
    this.#place = place;
  }

  /** Covers the picture with what `canvas` shows now, or with nothing where there is none yet. */
  draw(canvas) {
    if (!this.#copy) {
      this.#copy = copyOf(this.#place.ownerDocument, canvas);
      this.#place.append(this.#copy);
      this.#place.classList.add(COVERED);
    }
  }

  /** Shows the picture itself. */
  lift() {
    this.#copy?.remove();
    this.#copy = null;
    this.#place.classList.remove(COVERED);
  }
}

function copyOf(page, canvas) {
  const copy = Object.assign(page.createElement("canvas"), { className: "curtain" });
  Object.assign(copy, { width: canvas?.width ?? 0, height: canvas?.height ?? 0 });
  if (copy.width && copy.height) {
    copy.getContext("2d").drawImage(canvas, 0, 0);
  }
  return copy;
}
