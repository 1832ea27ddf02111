/**
 * Plays a recording: its clock runs, the picture follows it.
 *
 * The clock waits where bytes have not come yet, and where the browser draws more slowly than it is asked to.
 */

import { BadRecording } from "../recording.js";
import { Clock } from "./clock.js";
import { BACKLOG, Feeder } from "./feeder.js";
import { IDLE } from "./index.js";

/** Milliseconds between two looks at the clock. */
const TICK = 20;

/** How much of an idle stretch is seen at its beginning, and at its end. */
const LINGER = 1_000;
const LEAD = 500;

export class Player {
  #index;
  #tape;
  #picture;
  #feeder;
  #clock;
  #tell;
  #later;
  #playing = false;
  #wanted = null;
  #seeking = false;
  #trouble = "";
  #chain = 0;
  #fed = 0;

  /**
   * index: an Index, not empty. tape: a Tape. picture: a Picture. tell: () → nothing, whenever anything changed.
   * now: () → milliseconds. later: (function, milliseconds) → nothing.
   */
  constructor({ index, tape, picture, tell, now, later }) {
    this.#index = index;
    this.#tape = tape;
    this.#picture = picture;
    this.#feeder = new Feeder(tape, picture);
    this.#clock = new Clock(now);
    this.#tell = tell;
    this.#later = later;
    this.skipsIdle = true;
  }

  /** Milliseconds since the recording began. */
  get position() {
    return this.#wanted ?? Math.min(this.#clock.position, this.#index.length);
  }

  /** "seeking", "playing", "waiting" (for bytes, or the picture), "paused", "ended" or "broken". */
  get state() {
    if (this.#seeking) return "seeking";
    if (this.#trouble) return "broken";
    if (this.#playing) return this.#clock.running ? "playing" : "waiting";
    return this.position >= this.#index.length ? "ended" : "paused";
  }

  /** Whether it plays, or would if it could. */
  get playing() {
    return this.#playing;
  }

  /** What is wrong, as a sentence; empty where nothing is. */
  get trouble() {
    return this.#trouble || this.#tape.failed;
  }

  get speed() {
    return this.#clock.speed;
  }

  set speed(speed) {
    this.#clock.speed = speed;
  }

  /** Plays on; from the beginning where the end was reached. */
  play() {
    if (this.#playing) {
      return;
    }
    this.#playing = true;
    this.#tape.retry();
    if (this.position >= this.#index.length) {
      void this.seek(0);
    }
    this.#chain += 1;
    void this.#tick(this.#chain);
  }

  /** Stands still at the moment that the picture shows. */
  pause() {
    if (this.#clock.running) {
      this.#clock.running = false;
      this.#clock.position = this.#fed;
    }
    this.#playing = false;
    this.#tell();
  }

  /** Plays, or pauses. */
  turn() {
    if (this.#playing) {
      this.pause();
    } else {
      this.play();
    }
  }

  /** Goes to a moment, and shows the picture that was there. While one is looked for, only the last wish counts. */
  async seek(moment) {
    this.#wanted = Math.max(0, Math.min(moment, this.#index.length));
    this.#clock.running = false;
    this.#trouble = "";
    const isFirst = !this.#seeking;
    this.#seeking = true;
    this.#tell();
    if (isFirst) {
      await this.#guard(() => this.#settle());
      this.#seeking = false;
      this.#tell();
    }
  }

  /** Goes so many milliseconds on, or back. */
  step(milliseconds) {
    return this.seek(this.position + milliseconds);
  }

  async #settle() {
    while (this.#wanted !== null) {
      const moment = this.#wanted;
      await this.#go(moment);
      this.#clock.position = moment;
      if (this.#wanted === moment) {
        this.#wanted = null;
      }
    }
  }

  /** From the nearest point before, unless what is shown now is nearer. */
  #go(moment) {
    const point = this.#index.pointFor(moment);
    const next = this.#tape.next;
    const isNearer = next && next.offset > point.offset && this.#clock.position <= moment;
    return isNearer && this.#feeder.isOn ? this.#feeder.reach(moment) : this.#feeder.begin(point, moment);
  }

  /** One look after the other, until it pauses: whoever plays again begins another chain of them. */
  async #tick(chain) {
    if (!this.#playing || chain !== this.#chain) {
      return;
    }
    if (!this.#seeking) {
      await this.#guard(() => this.#follow());
    }
    this.#tell();
    this.#later(() => this.#tick(chain), TICK);
  }

  async #follow() {
    this.#clock.running = this.#mayRun();
    this.#fed = this.#clock.position;
    await this.#feeder.feed(this.#fed);
    if (this.#seeking) {
      return;
    }
    this.#skip();
    if (this.#clock.position >= this.#index.length) {
      await this.#finish();
    }
  }

  #mayRun() {
    const { next, ended } = this.#tape;
    return this.#picture.backlog <= BACKLOG && (next !== null || ended);
  }

  /** Jumps over what is left of an idle stretch, where one is under way. */
  #skip() {
    const { position } = this.#clock;
    const next = this.#tape.next?.at ?? (this.#tape.ended ? this.#index.length + LEAD : position);
    const isIdle = next - this.#feeder.last > IDLE && position >= this.#feeder.last + LINGER;
    if (this.skipsIdle && isIdle && position < next - LEAD) {
      this.#clock.position = next - LEAD;
      this.#fed = this.#clock.position;
    }
  }

  /** It has ended once the last picture is there, unless somebody went elsewhere meanwhile. */
  async #finish() {
    this.#clock.running = false;
    this.#clock.position = this.#index.length;
    await this.#picture.drawn();
    if (!this.#seeking) {
      this.#playing = false;
    }
  }

  /** What breaks the recording's format ends it, here. */
  async #guard(task) {
    try {
      await task();
    } catch (error) {
      if (!(error instanceof BadRecording)) throw error;
      this.#trouble = error.message;
      this.#wanted = null;
      this.pause();
    }
  }
}
