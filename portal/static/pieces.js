/**
 * Brings the board up to date piece by piece, so that nothing moves that did not change.
 *
 * A list (`data-list`) holds pieces, each with a `data-key` and a `data-version`; a piece is drawn anew only when its
 * version changed, and of it only those parts (cells of a row) that differ. What a person is doing in it survives: the
 * focus, a choice, an opened question, marked text in a part that stays.
 */

const NEW_FOR = 5_000;

/**
 * Makes everything below `live` like `fresh`, the same part of a newer page. Answers {added, whole}: the pieces that
 * are new, and whether all is now like `fresh`; a piece in which somebody is choosing has to wait for the next time.
 */
export function update(live, fresh) {
  const focus = whereFocusIs(live);
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = live.querySelector(`[data-part="${part.dataset.part}"]`);
    old.hidden = part.hidden;
    Object.assign(old.dataset, part.dataset);
  }
  const lists = [...fresh.querySelectorAll("[data-list]")];
  const done = lists.map((list) => updateList(live.querySelector(`[data-list="${list.dataset.list}"]`), list));
  keepFocus(live, focus);
  return { added: done.flatMap(({ added }) => added), whole: done.every(({ whole }) => whole) };
}

/** Lets a person see for a while that a piece is new. */
export function pointAt(piece, later = setTimeout) {
  piece.classList.add("is-new");
  later(() => piece.classList.remove("is-new"), NEW_FOR);
}

/** What has the focus: the element, its name in its piece, and that piece with its place. */
function whereFocusIs(live) {
  const element = document.activeElement;
  const piece = element?.closest("[data-key]");
  if (!piece || !live.contains(piece)) return null;
  return { element, piece, name: element.dataset.focus, key: piece.dataset.key, place: place(live, piece) };
}

function place(live, piece) {
  return [...live.querySelectorAll("[data-key]")].indexOf(piece);
}

/** Gives the focus back where news took it away: to the same element, its twin, or the piece now in that place. */
function keepFocus(live, focus) {
  if (!focus || document.activeElement !== document.body) return;
  const pieces = [...live.querySelectorAll("[data-key]")];
  const piece = pieces.find((one) => one.dataset.key === focus.key) ?? pieces[Math.min(focus.place, pieces.length - 1)];
  const twin = focus.name && piece?.dataset.key === focus.key && piece.querySelector(`[data-focus="${focus.name}"]`);
  const target = focus.element.isConnected ? focus.element : twin || piece;
  target?.focus({ preventScroll: true });
}

function updateList(list, fresh) {
  const known = new Map([...list.children].map((piece) => [piece.dataset.key, piece]));
  const wanted = [...fresh.children];
  const keys = new Set(wanted.map((piece) => piece.dataset.key));
  for (const [key, piece] of known) if (!keys.has(key)) piece.remove();
  const settled = wanted.map((piece, at) => put(list, known.get(piece.dataset.key) ?? null, piece, at));
  const added = wanted.filter((piece) => !known.has(piece.dataset.key));
  return { added, whole: settled.every(Boolean) };
}

/** Puts a piece in its place, the old one where there is one; answers whether it is up to date. */
function put(list, old, piece, at) {
  const waits = old !== null && old.dataset.version !== piece.dataset.version && isChoosing(old);
  if (old && !waits && old.dataset.version !== piece.dataset.version) renew(old, piece);
  const chosen = old ?? piece;
  if (list.children[at] !== chosen) list.insertBefore(chosen, list.children[at] ?? null);
  return !waits;
}

function isChoosing(piece) {
  return document.activeElement instanceof HTMLSelectElement && piece.contains(document.activeElement);
}

/** Makes an old piece like a fresh one, leaving alone those of its parts that say the same. */
function renew(old, fresh) {
  const isNew = old.classList.contains("is-new");
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "hidden") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  old.classList.toggle("is-new", isNew);
  const parts = [...fresh.children];
  if (parts.length === old.children.length) {
    parts.forEach((part, at) => renewPart(old.children[at], part));
  } else {
    carryOver(old, fresh);
    old.replaceChildren(...parts);
  }
}

function renewPart(old, fresh) {
  if (lasting(old).isEqualNode(lasting(fresh))) return;
  carryOver(old, fresh);
  old.replaceWith(fresh);
}

/** A copy without what differs between two answers that say the same: the passing of time, and the forms' tokens. */
function lasting(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.textContent = "";
  for (const token of copy.querySelectorAll("[name=csrf_token]")) token.removeAttribute("value");
  for (const opened of copy.querySelectorAll("details")) opened.open = false;
  return copy;
}

function carryOver(old, piece) {
  for (const part of old.querySelectorAll("select[data-focus], details[data-focus]")) {
    const twin = piece.querySelector(`[data-focus="${part.dataset.focus}"]`);
    if (twin instanceof HTMLDetailsElement) twin.open = part.open;
    else if (twin && [...twin.options].some((option) => option.value === part.value)) twin.value = part.value;
  }
}
