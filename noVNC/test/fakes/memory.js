/** What a browser's storage does, for as long as a test lasts. */

export class FakeMemory {
  #kept = new Map();

  getItem(name) {
    return this.#kept.get(name) ?? null;
  }

  setItem(name, value) {
    this.#kept.set(name, value);
  }
}
