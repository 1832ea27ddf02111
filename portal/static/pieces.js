/**
 * Brings the board up to date piece by piece, so that nothing moves that did not change.
 *
 * A list (`data-list`) holds pieces, each with a `data-key` and a `data-version`; a piece is drawn anew only when its
 * version changed. What a person is doing in it survives: the focus, a choice, an opened question.
 */

const NEW_FOR = 5_000;

/** Makes everything below `live` like `fresh`, the same part of a newer page; answers the pieces that are new. */
export function update(live, fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = live.querySelector(`[data-part="${part.dataset.part}"]`);
    old.hidden = part.hidden;
    Object.assign(old.dataset, part.dataset);
  }
  const lists = [...fresh.querySelectorAll("[data-list]")];
  return lists.flatMap((list) => updateList(live.querySelector(`[data-list="${list.dataset.list}"]`), list));
}

/** Lets a person see for a while that a piece is new. */
export function pointAt(piece, later = setTimeout) {
  piece.classList.add("is-new");
  later(() => piece.classList.remove("is-new"), NEW_FOR);
}

function updateList(list, fresh) {
  const known = new Map([...list.children].map((piece) => [piece.dataset.key, piece]));
  const wanted = [...fresh.children];
  const keys = new Set(wanted.map((piece) => piece.dataset.key));
  for (const [key, piece] of known) if (!keys.has(key)) piece.remove();
  wanted.forEach((piece, place) => put(list, known.get(piece.dataset.key) ?? null, piece, place));
  return wanted.filter((piece) => !known.has(piece.dataset.key));
}

function put(list, old, piece, place) {
  const chosen = old && keeps(old, piece) ? old : piece;
  if (old && chosen === piece) {
    replace(old, piece);
  }
  if (list.children[place] !== chosen) list.insertBefore(chosen, list.children[place] ?? null);
}

/** Whether the old piece stays: nothing changed, or somebody is choosing in it just now. */
function keeps(old, piece) {
  return old.dataset.version === piece.dataset.version || document.activeElement?.matches("select") === true
    && old.contains(document.activeElement);
}

function replace(old, piece) {
  carryOver(old, piece);
  const focus = old.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined;
  old.replaceWith(piece);
  if (focus) piece.querySelector(`[data-focus="${focus}"]`)?.focus();
}

function carryOver(old, piece) {
  for (const part of old.querySelectorAll("select[data-focus], details[data-focus]")) {
    const twin = piece.querySelector(`[data-focus="${part.dataset.focus}"]`);
    if (twin instanceof HTMLDetailsElement) twin.open = part.open;
    else if (twin && [...twin.options].some((option) => option.value === part.value)) twin.value = part.value;
  }
}
