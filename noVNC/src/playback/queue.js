/** First in, first out, however many there are. */

/** So many places at the front may be empty before the rest moves up. */
const EMPTY = 1024;

export class Queue {
  #items = [];
  #at = 0;

  /** The first one, or null. */
  get first() {
    return this.#items[this.#at] ?? null;
  }

  add(item) {
    this.#items.push(item);
  }

  take() {
    const item = this.#items[this.#at];
    this.#items[this.#at] = undefined;
    this.#at += 1;
    if (this.#at === EMPTY) {
      this.#items = this.#items.slice(EMPTY);
      this.#at = 0;
    }
    return item;
  }
}
