/** A recording's own time: it runs at some speed, stands still, and is moved. Milliseconds everywhere. */

export class Clock {
  #now;
  #position = 0;
  #since = null;
  #speed = 1;

  /** now: () → milliseconds of the real time. */
  constructor(now) {
    this.#now = now;
  }

  get position() {
    return this.#position + (this.#since === null ? 0 : (this.#now() - this.#since) * this.#speed);
  }

  /** Moves it; it runs on from there, if it runs. */
  set position(position) {
    this.#move(position, this.running);
  }

  get speed() {
    return this.#speed;
  }

  set speed(speed) {
    this.#move(this.position, this.running);
    this.#speed = speed;
  }

  get running() {
    return this.#since !== null;
  }

  set running(running) {
    this.#move(this.position, running);
  }

  #move(position, running) {
    this.#position = position;
    this.#since = running ? this.#now() : null;
  }
}
