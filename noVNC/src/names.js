/** Names that come from the customer's machine: a stranger wrote them. */

const LONGEST = 128;

// Control and format characters (Unicode's C category) and line or paragraph separators: among them the marks
// that turn the direction of writing and could make one name look like another.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** The name on one line, without characters that cannot be seen, cut at 128. */
export function plainName(text) {
  return [...String(text).replace(UNSEEN, " ").trim()].slice(0, LONGEST).join("");
}
