/**
 * What the line carries, told from when bytes come.
 *
 * Two figures: what comes now, and what can come. The second is measured in bursts, for a desktop on which nothing
 * happens says nothing about the line.
 */

/**
 * Milliseconds without bytes that end a burst: few where nothing else tells its end, many where the viewer's request
 * for the next update does, for on a slow line the pieces of one update come far apart.
 */
const GAP = 60;
const GAP_WHEN_ASKED = 2_000;

/** A burst tells something from so many bytes on, or where fewer took so many milliseconds. */
const TELLING = { bytes: 16 * 1024, fewer: 1024, milliseconds: 200 };

/** No burst is taken for shorter than so many milliseconds. */
const SHORTEST = 10;

/** How much the newest burst counts against all before. */
const NEWEST = 0.3;

const WINDOW = 2_000;

export class Meter {
  #burst = null;
  #recent = [];
  #perByte = null;
  #bursts = 0;
  #last = null;
  #gap = GAP;

  /** So many bytes came, at a time in milliseconds. */
  note(bytes, at) {
    if (this.#burst && at - this.#burst.end <= this.#gap) {
      this.#burst.end = at;
      this.#burst.bytes += bytes;
    } else {
      this.#close();
      // The first piece came before the burst began: it tells nothing of how long it took.
      this.#burst = { start: at, end: at, bytes: 0, first: bytes };
    }
    this.#recent = [...this.#recent.filter((one) => one.at > at - WINDOW), { at, bytes }];
    this.#last = at;
  }

  /** The viewer asked for the next update: the one before has come whole. */
  asked() {
    this.#gap = GAP_WHEN_ASKED;
    this.#close();
  }

  /** Bytes a second that came lately, at a time in milliseconds. */
  flow(at) {
    const sum = this.#recent.filter((one) => one.at > at - WINDOW).reduce((all, { bytes }) => all + bytes, 0);
    return Math.round(sum / (WINDOW / 1000));
  }

  /** Bytes a second that the line can carry, as far as is known at this time; null before the first burst. */
  capacity(at) {
    if (this.#burst && at - this.#burst.end > this.#gap) {
      this.#close();
    }
    return this.#perByte === null ? null : Math.round(1000 / this.#perByte);
  }

  /** How many bursts told something so far. */
  get bursts() {
    return this.#bursts;
  }

  /** When bytes came last, in milliseconds; null before the first. */
  get last() {
    return this.#last;
  }

  /** The mean is one of milliseconds for a byte, so that a slow burst weighs as much as it was waited for. */
  #close() {
    const burst = this.#burst;
    this.#burst = null;
    if (burst && tells(burst)) {
      const perByte = Math.max(SHORTEST, burst.end - burst.start) / (burst.bytes || burst.first);
      this.#perByte = this.#perByte === null ? perByte : NEWEST * perByte + (1 - NEWEST) * this.#perByte;
      this.#bursts += 1;
    }
  }
}

function tells({ bytes, first, start, end }) {
  return bytes + first >= TELLING.bytes || (bytes >= TELLING.fewer && end - start >= TELLING.milliseconds);
}
