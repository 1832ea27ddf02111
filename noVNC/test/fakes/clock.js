/** Time that stands still until it is moved. */

export class FakeClock {
  #time = Date.UTC(2026, 0, 5, 12);
  #tasks = new Set();

  now = () => new Date(this.#time);

  later = (task, milliseconds) => {
    const entry = { task, due: this.#time + milliseconds };
    this.#tasks.add(entry);
    return entry;
  };

  never = (entry) => { this.#tasks.delete(entry); };

  /** The waits under way, in milliseconds from now. */
  get waits() {
    return [...this.#tasks].map(({ due }) => due - this.#time);
  }

  /** Moves on, and awaits what became due. */
  async pass(milliseconds) {
    this.#time += milliseconds;
    const due = [...this.#tasks].filter((entry) => entry.due <= this.#time);
    for (const entry of due) {
      this.#tasks.delete(entry);
      await entry.task();
    }
  }
}
