/** Names that come from the customer's machine: a stranger wrote them. */

const LONGEST = 128;

// Control and format characters (Unicode's C category) and line or paragraph separators: among them the marks
// that turn the direction of writing and could make one name look like another.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** The name on one line, without characters that cannot be seen, cut at 128. */
export function plainName(text) {
  return [...String(text).replace(UNSEEN, " ").trim()].slice(0, LONGEST).join("");
}

/** Signs that some file system would not take, or a shell would take for more than a name. */
const RISKY = /[^\p{L}\p{N}]+/gu;

/** A file name of what tells one picture from another: `parts` are names of strangers, `at` is a Date. */
export function fileName(parts, at, ending) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join("");
  const words = parts.map((part) => [...part.replace(RISKY, " ").trim()].slice(0, 40).join("").replaceAll(" ", "_"));
  return [...words, day, time].filter(Boolean).join("-") + ending;
}
