/**
 * How sharp the picture is and how hard it is compressed: by hand, or by what the line was measured to carry.
 *
 * Automatic goes down at the second measure in a row that is too slow for the present step, and up at the fourth that
 * is half as fast again as the next step needs. So a line at the edge between two steps does not make it swing.
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

export class Automatic {
  #step = FIRST;
  #slow = 0;
  #fast = 0;

  /** The levels in use, {quality, compression}. */
  get levels() {
    const { quality, compression } = STEPS[this.#step];
    return { quality, compression };
  }

  /** The line was measured to carry so many bytes a second. Answers the levels from here on. */
  measured(rate) {
    this.#slow = rate < STEPS[this.#step].from ? this.#slow + 1 : 0;
    this.#fast = rate >= (STEPS[this.#step + 1]?.from ?? Infinity) * MARGIN ? this.#fast + 1 : 0;
    if (this.#slow >= WORSE) {
      this.#go(-1);
    } else if (this.#fast >= BETTER) {
      this.#go(1);
    }
    return this.levels;
  }

  #go(by) {
    this.#step += by;
    this.#slow = 0;
    this.#fast = 0;
  }
}
