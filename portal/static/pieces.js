/**
 * Brings the board up to date piece by piece, so that nothing moves that did not change.
 *
 * A list (`data-list`) holds pieces, each with a `data-key` and a `data-version`; a piece is drawn anew only when its
 * version changed. What a person is doing in it survives: the focus, a choice, an opened question.
 */

const NEW_FOR = 5_000;

/**
 * Makes everything below `live` like `fresh`, the same part of a newer page. Answers {added, whole}: the pieces that
 * are new, and whether all is now like `fresh`; a piece in which somebody is choosing has to wait for the next time.
 */
export function update(live, fresh) {
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = live.querySelector(`[data-part="${part.dataset.part}"]`);
    old.hidden = part.hidden;
    Object.assign(old.dataset, part.dataset);
  }
  const lists = [...fresh.querySelectorAll("[data-list]")];
  const done = lists.map((list) => updateList(live.querySelector(`[data-list="${list.dataset.list}"]`), list));
  return { added: done.flatMap(({ added }) => added), whole: done.every(({ whole }) => whole) };
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
  const settled = wanted.map((piece, place) => put(list, known.get(piece.dataset.key) ?? null, piece, place));
  return { added: wanted.filter((piece) => !known.has(piece.dataset.key)), whole: settled.every(Boolean) };
}

/** Puts a piece in its place, the old one where that will do; answers whether it is up to date. */
function put(list, old, piece, place) {
  const same = old?.dataset.version === piece.dataset.version;
  const stays = old !== null && (same || isChoosing(old));
  if (old && !stays) replace(old, piece);
  const chosen = stays ? old : piece;
  if (list.children[place] !== chosen) list.insertBefore(chosen, list.children[place] ?? null);
  return same || !stays;
}

function isChoosing(piece) {
  return document.activeElement instanceof HTMLSelectElement && piece.contains(document.activeElement);
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
