/**
 * How large the picture is drawn, in arithmetic alone: `scale` is page pixels per pixel of the desktop.
 *
 * A zoom is {fit, scale}; where it fits, its scale is whatever the window allows.
 */

export const FIT = Object.freeze({ fit: true, scale: 1 });
export const ACTUAL = Object.freeze({ fit: false, scale: 1 });

/** What one press of + or - does. */
export const STEP = 1.25;

const SMALLEST = 0.1;
const LARGEST = 8;

/** The scale at which a whole desktop {width, height} is seen in a view of that shape. */
export function fitting(view, desktop) {
  return Math.min(view.width / desktop.width, view.height / desktop.height);
}

/** The scale in use. */
export function scaleOf(zoom, view, desktop) {
  return zoom.fit ? fitting(view, desktop) : zoom.scale;
}

/** The zoom after magnifying by a factor, from whatever is seen now. */
export function magnified(zoom, factor, view, desktop) {
  const scale = scaleOf(zoom, view, desktop) * factor;
  // Two presses in opposite directions lead back to exactly where one was.
  const whole = Math.abs(scale - 1) < 0.02 ? 1 : scale;
  return { fit: false, scale: Math.min(LARGEST, Math.max(SMALLEST, whole)) };
}

/** The size of the picture's place: what it fits into, or what holds it at its scale. */
export function sizeOf(zoom, view, desktop) {
  return zoom.fit ? { width: view.width, height: view.height }
    : { width: desktop.width * zoom.scale, height: desktop.height * zoom.scale };
}

/**
 * Where to scroll so that a point of the desktop stays where it is seen. at: its distance from the view's edge;
 * start: where the picture began before, in the view (negative once scrolled); ratio: new scale by old.
 */
export function anchored(at, start, ratio) {
  return Math.max(0, (at - start) * ratio - at);
}
