/**
 * Which calls are news to this browser. A call is news once: not when the page already came with it, and in one tab
 * only, however many are open.
 */

const PLACE = "reachback.rung";
// A database that began anew gives its numbers again; what was told an hour ago is forgotten by then.
const REMEMBERED = 3_600_000;
const AT_MOST = 200;

/** The calls below `root`: their numbers, and what is said of each. */
export function callsIn(root) {
  const calls = new Map();
  for (const { dataset } of root.querySelectorAll("[data-call]")) {
    if (!calls.has(dataset.call)) calls.set(dataset.call, { call: dataset.call, news: dataset.news, more: dataset.more });
  }
  return calls;
}

export class News {
  #known;

  /** `root` is the page as it came. */
  constructor(root) {
    this.#known = new Set(callsIn(root).keys());
  }

  /** What came since the last time. */
  since(root) {
    const now = callsIn(root);
    const fresh = [...now.values()].filter(({ call }) => !this.#known.has(call));
    for (const { call } of fresh) this.#known.add(call);
    return fresh;
  }
}

/** Of some news, those that no other tab has told yet; from now on they count as told. */
export async function claim(fresh, { storage = localStorage, locks = navigator.locks, now = Date.now() } = {}) {
  const take = () => taken(fresh, storage, now);
  // Over plain HTTP browsers offer no locks; two tabs then look at slightly different times, and nearly never collide.
  return locks ? locks.request(PLACE, take) : take();
}

function taken(fresh, storage, now) {
  const told = remembered(storage).filter(([, at]) => now - at < REMEMBERED);
  const calls = new Set(told.map(([call]) => call));
  const mine = fresh.filter(({ call }) => !calls.has(call));
  const all = [...told, ...mine.map(({ call }) => [call, now])];
  storage.setItem(PLACE, JSON.stringify(all.slice(-AT_MOST)));
  return mine;
}

function remembered(storage) {
  try {
    const found = JSON.parse(storage.getItem(PLACE) ?? "[]");
    return Array.isArray(found) ? found.filter(Array.isArray) : [];
  } catch {
    return [];
  }
}
