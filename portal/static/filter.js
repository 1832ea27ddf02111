/** Shows only those living sessions that have all the typed words in them, and leads on to all sessions. */

/** Whether all words are in a text, in large or small letters. */
export function fits(text, words) {
  const inside = text.toLocaleLowerCase();
  return words.every((word) => inside.includes(word));
}

/** The words that are looked for. */
export function wordsOf(typed) {
  return typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
}

export class Filter {
  #box;
  #live;
  #none;

  constructor(box, live, none) {
    this.#box = box;
    this.#live = live;
    this.#none = none;
    box.addEventListener("input", () => this.apply());
  }

  /** Hides what does not fit; to be called again whenever rows came or changed. */
  apply() {
    const words = wordsOf(this.#box.value);
    const rows = [...this.#live.querySelectorAll("tr.row")];
    for (const row of rows) row.hidden = !fits(said(row), words);
    this.#live.querySelector("thead").hidden = rows.length > 0 && rows.every((row) => row.hidden);
    this.#offer(rows.length > 0 && rows.every((row) => row.hidden));
  }

  clear() {
    this.#box.value = "";
    this.apply();
  }

  #offer(nothing) {
    this.#none.hidden = !nothing;
    if (!nothing) return;
    const typed = this.#box.value.trim();
    this.#none.querySelector("q").textContent = typed;
    const all = this.#none.querySelector("a");
    all.search = new URLSearchParams({ search: typed }).toString();
  }
}

function said(row) {
  return [...row.querySelectorAll("[data-find]")].map((cell) => cell.textContent).join("\n");
}
