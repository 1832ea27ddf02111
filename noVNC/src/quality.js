/**
 * How sharp the picture is and how hard it is compressed: by hand, or by what the line was measured to carry.
 *
 * Automatic goes down at the second measure in a row that is too slow for the present step, and up at the fourth that
 * is half as fast again as the next step needs. So a line at the edge between two steps does not make it swing.
 *
 * A coarse picture needs so few bytes that they tell nothing of the line. After a while without bad news it therefore
 * tries a step up, and waits twice as long before the next trial where that went wrong.
 */

/** From the slowest line to the fastest: bytes a second that a step needs, JPEG quality and compression, 0 to 9. */
export const STEPS = Object.freeze([
  { from: 0, quality: 0, compression: 9 },
  { from: 24_000, quality: 2, compression: 9 },
  { from: 80_000, quality: 4, compression: 6 },
  { from: 250_000, quality: 6, compression: 2 },
  { from: 1_000_000, quality: 8, compression: 1 },
]);

/** Where it begins: noVNC's own choice. */
const FIRST = 3;

const WORSE = 2;
const BETTER = 4;
const MARGIN = 1.5;

/** Measures without bad news before a trial, at first and at most; and how many a trial lasts. */
const PATIENCE = { first: 8, most: 64 };
const TRIAL = 5;

export class Automatic {
  #step = FIRST;
  #slow = 0;
  #fast = 0;
  #calm = 0;
  #trial = 0;
  #patience = PATIENCE.first;

  /** The levels in use, {quality, compression}. */
  get levels() {
    const { quality, compression } = STEPS[this.#step];
    return { quality, compression };
  }

  /** So many bytes a second were measured, or null where nothing told. Answers the levels from here on. */
  measured(rate) {
    this.#trial = Math.max(0, this.#trial - 1);
    if (rate !== null) {
      this.#count(rate);
    }
    this.#calm = rate !== null && rate < this.#next ? 0 : this.#calm + 1;
    this.#move();
    return this.levels;
  }

  get #next() {
    return STEPS[this.#step + 1]?.from ?? Infinity;
  }

  #count(rate) {
    this.#slow = rate < STEPS[this.#step].from ? this.#slow + 1 : 0;
    this.#fast = rate >= this.#next * MARGIN ? this.#fast + 1 : 0;
  }

  #move() {
    if (this.#slow >= WORSE) {
      this.#patience = this.#trial > 0 ? Math.min(PATIENCE.most, this.#patience * 2) : PATIENCE.first;
      this.#go(-1);
    } else if (this.#fast >= BETTER) {
      this.#go(1);
    } else if (this.#calm >= this.#patience && this.#step < FIRST) {
      this.#go(1);
      this.#trial = TRIAL;
    }
  }

  #go(by) {
    this.#step += by;
    this.#slow = 0;
    this.#fast = 0;
    this.#calm = 0;
  }
}
