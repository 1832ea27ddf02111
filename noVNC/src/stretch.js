/**
 * Fits, magnifies and moves the picture: noVNC draws as large as its place is, and the view scrolls over that.
 *
 * Pinching and moving two fingers are noVNC's own gestures, which it tells its canvas as events; on their way there
 * they are taken for the view. A picture that is seen whole leaves two fingers to the desktop, where they scroll.
 */

import { ACTUAL, FIT, STEP, anchored, magnified, scaleOf, sizeOf } from "./zoom.js";

const HOW = {
  in: (zoom, ...seen) => magnified(zoom, STEP, ...seen),
  out: (zoom, ...seen) => magnified(zoom, 1 / STEP, ...seen),
  fit: () => FIT,
  actual: () => ACTUAL,
};

export class Stretch {
  #view;
  #place;
  #tell;
  #zoom = FIT;
  #canvas = null;
  #last = null;
  #size = new MutationObserver(() => this.#apply());

  /** view: what scrolls. place: what the picture fills, inside it. tell: (percent, fit) → nothing. */
  constructor(view, place, tell) {
    this.#view = view;
    this.#place = place;
    this.#tell = tell;
    new ResizeObserver(() => this.#apply()).observe(view);
    for (const kind of ["gesturestart", "gesturemove", "gestureend"]) {
      view.addEventListener(kind, (event) => this.#gesture(event), { capture: true });
    }
  }

  /** Watches this canvas from here on; its size is the desktop's. */
  set canvas(canvas) {
    this.#canvas = canvas;
    this.#size.disconnect();
    this.#size.observe(canvas, { attributes: true, attributeFilter: ["width", "height"] });
  }

  /** Zooms: "in", "out", "fit" or "actual". */
  turn(how) {
    if (this.#desktop()) {
      this.#change(HOW[how](this.#zoom, this.#seen(), this.#desktop()), this.#middle());
    } else {
      this.#zoom = how === "actual" ? ACTUAL : FIT;
    }
  }

  /** Moves what is seen by so many pixels. */
  pan(x, y) {
    this.#view.scrollBy(x, y);
  }

  #seen() {
    return { width: this.#view.clientWidth, height: this.#view.clientHeight };
  }

  #desktop() {
    const { width = 0, height = 0 } = this.#canvas ?? {};
    return width && height ? { width, height } : null;
  }

  #middle() {
    const { width, height } = this.#seen();
    return { x: width / 2, y: height / 2 };
  }

  /** Takes a new zoom, and lets what is at a point of the view stay there. */
  #change(zoom, at) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    const seen = [this.#seen(), this.#desktop()];
    const ratio = scaleOf(zoom, ...seen) / scaleOf(this.#zoom, ...seen);
    this.#zoom = zoom;
    this.#apply();
    // noVNC draws at the new size a moment later, but its place has it now.
    this.#view.scrollTo(anchored(at.x, left, ratio), anchored(at.y, top, ratio));
  }

  #apply() {
    const desktop = this.#desktop();
    if (!desktop) {
      return;
    }
    this.#view.classList.toggle("view--free", !this.#zoom.fit);
    const { width, height } = sizeOf(this.#zoom, this.#seen(), desktop);
    Object.assign(this.#place.style, this.#zoom.fit ? { width: "", height: "" }
      : { width: `${width}px`, height: `${height}px` });
    const scale = scaleOf(this.#zoom, this.#seen(), desktop);
    this.#tell(Math.round(scale * 100), this.#zoom.fit);
  }

  #gesture(event) {
    const { type } = event.detail;
    if (type === "pinch" || (type === "twodrag" && this.#isLarger())) {
      event.stopPropagation();
      this.#follow(event.type, event.detail);
    }
  }

  #follow(kind, { type, magnitudeX, magnitudeY, clientX, clientY }) {
    const now = { x: magnitudeX, y: magnitudeY };
    if (kind === "gesturemove" && type === "pinch") {
      const factor = Math.hypot(now.x, now.y) / Math.max(1, Math.hypot(this.#last.x, this.#last.y));
      this.#change(magnified(this.#zoom, factor, this.#seen(), this.#desktop()), { x: clientX, y: clientY });
    } else if (kind === "gesturemove") {
      this.pan(this.#last.x - now.x, this.#last.y - now.y);
    }
    this.#last = now;
  }

  #isLarger() {
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = this.#view;
    return scrollWidth > clientWidth || scrollHeight > clientHeight;
  }
}
