/**
 * Feeds the picture from the tape: from a refresh point up to a moment, and on from there.
 *
 * A picture that is not whole yet stays behind the last one that was: after a jump until its moment is reached, after a
 * gap in the recording until the record says that it is whole.
 */

import { BadRecording, inflated, refreshOf, wholeOf } from "../recording.js";

/** So many bytes may be on their way into the picture; then it is waited for. */
export const BACKLOG = 4 * 1024 * 1024;

export class Feeder {
  #tape;
  #picture;
  #run = 0;
  #begun = false;
  #covered = null;
  #last = 0;

  /** tape: a Tape. picture: a Picture. */
  constructor(tape, picture) {
    this.#tape = tape;
    this.#picture = picture;
  }

  /** When the last of the desktop's bytes came, of those that were fed. */
  get last() {
    return this.#last;
  }

  /** Whether there is a picture that can be fed on. */
  get isOn() {
    return this.#begun && !this.#picture.isLost;
  }

  /** Begins at a refresh point, {offset}, and feeds up to a moment. Answers whether nothing else was begun since. */
  async begin(point, until) {
    this.#run += 1;
    const run = this.#run;
    this.#begun = false;
    this.#tape.seek(point.offset);
    await this.#tape.more();
    if (run === this.#run && this.#tape.next) {
      await this.#refresh(this.#tape.take(), run);
      this.#covered = null;
    }
    return this.#catchUp(run, until);
  }

  /** Feeds on up to a moment, however long that takes to come. Answers as `begin`. */
  reach(until) {
    this.#run += 1;
    return this.#catchUp(this.#run, until);
  }

  /** Feeds what has come and is due. */
  async feed(until) {
    const run = this.#run;
    await this.#give(run, ({ at }) => at <= until);
    if (run === this.#run && this.#tape.ended && !this.#tape.next) {
      this.#uncover(run);
    }
  }

  /** Up to a gap, for what is beyond it is not whole yet: else another refresh point would have been begun at. */
  async #catchUp(run, until) {
    const isDue = (record) => record.at <= until && !isGap(record);
    do {
      await this.#tape.more();
      await this.#give(run, isDue);
    } while (run === this.#run && !this.#tape.next && !this.#tape.ended && !this.#tape.failed);
    await this.#picture.drawn();
    if (run === this.#run && this.#covered === null) {
      this.#picture.show();
    }
    return run === this.#run;
  }

  async #give(run, isDue) {
    while (run === this.#run && this.#tape.next && isDue(this.#tape.next)) {
      const record = this.#tape.take();
      await this.#taken[record.kind]?.(record, run);
    }
  }

  #taken = {
    D: (record) => this.isOn && this.#data(record),
    R: (record, run) => (isGap(record) || !this.isOn) && this.#refresh(record, run),
    W: ({ payload }, run) => wholeOf(payload) === this.#covered && this.#uncover(run),
  };

  async #data({ at, payload }) {
    this.#last = at;
    this.#picture.send(payload);
    if (this.#picture.backlog > BACKLOG) {
      await this.#picture.drawn();
    }
  }

  async #refresh({ kind, at, offset, payload }, run) {
    if (kind !== "R") {
      throw new BadRecording(`This recording is damaged at byte ${offset}.`);
    }
    const { packed, ...desktop } = refreshOf(payload);
    const update = await inflated(packed);
    if (run === this.#run) {
      this.#last = at;
      this.#begun = true;
      this.#covered = offset;
      this.#picture.hold();
      this.#picture.begin(desktop);
      this.#picture.send(update);
    }
  }

  #uncover(run) {
    if (this.#covered !== null) {
      this.#covered = null;
      void this.#picture.drawn().then(() => run === this.#run && this.#covered === null && this.#picture.show());
    }
  }
}

function isGap({ kind, payload }) {
  return kind === "R" && refreshOf(payload).gap;
}
