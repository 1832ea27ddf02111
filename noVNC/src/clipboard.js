/**
 * What a clipboard can carry: RFC 6143 §7.5.6 and §7.6.4 know Latin-1 and line feeds only. noVNC sends `?` for
 * every other character, unless the computer knows the extended clipboard.
 */

/** The most characters of a computer's clipboard that the page shows. */
export const SHOWN = 200_000;

const NAMED = 8;

/** The characters outside Latin-1, each once, in the order of their first use. */
export function outsideLatin1(text) {
  return [...new Set(text)].filter((character) => character.codePointAt(0) > 0xff);
}

/** A sentence about the characters that may not arrive; empty where all will. */
export function warning(text) {
  const strange = outsideLatin1(text);
  if (strange.length === 0) {
    return "";
  }
  const more = strange.length > NAMED ? ` and ${strange.length - NAMED} more` : "";
  return `An old VNC server knows Western European letters only. These may arrive as ?: `
    + `${strange.slice(0, NAMED).join(" ")}${more}`;
}

/** The text as the protocol wants it: line feeds alone between lines (RFC 6143 §7.5.6). */
export function lineFeeds(text) {
  return text.replace(/\r\n?/g, "\n");
}

/** What the page shows of the computer's clipboard: {text, cut}. */
export function shown(text) {
  return { text: text.slice(0, SHOWN), cut: text.length > SHOWN };
}
