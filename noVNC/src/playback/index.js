/** What the portal knows of a recording's inside: its length, where a picture can begin, how much happened when. */

/** Stretches of so many milliseconds without anything new count as idle. */
export const IDLE = 2_000;

export class Index {
  #points;

  /** said: the portal's answer, {milliseconds, finished, points, activity, slot_ms, gaps}. */
  constructor(said) {
    this.length = said.milliseconds;
    this.finished = said.finished;
    this.activity = said.activity;
    this.slot = said.slot_ms;
    this.gaps = said.gaps;
    this.#points = said.points;
  }

  /** Whether there is anything to show. */
  get isEmpty() {
    return this.#points.length === 0;
  }

  /** The first moment at which there is a picture: before it, none had come. */
  get first() {
    return Math.min(this.#points[0].whole_at ?? 0, this.length);
  }

  /** The refresh point to begin at for a moment: the newest whose picture is whole by then, else the first one. */
  pointFor(moment) {
    const isWhole = ({ whole_at: whole }) => whole !== null && whole !== undefined && whole <= moment;
    return this.#points.findLast(isWhole) ?? this.#points[0];
  }
}
