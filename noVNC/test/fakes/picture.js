/** A picture whose every update is one byte: what is seen is a list of them. */

export class FakePicture {
  log = [];
  backlog = 0;
  isLost = false;
  #given = [];
  #held = null;

  /** What is seen: what was given since the last beginning, or what was before a `hold`. */
  get shown() {
    return this.#held ?? [...this.#given];
  }

  begin({ width, height, name }) {
    this.log.push(`begin ${width}x${height} ${name}`);
    this.#given = [];
    this.isLost = false;
  }

  send(bytes) {
    this.log.push(...[...bytes].map(String));
    this.#given.push(...bytes);
  }

  async drawn() {
    this.log.push("drawn");
  }

  hold() {
    this.log.push("hold");
    this.#held ??= [...this.#given];
  }

  show() {
    this.log.push("show");
    this.#held = null;
  }
}
