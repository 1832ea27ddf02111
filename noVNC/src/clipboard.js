/**
 * What a clipboard can carry: RFC 6143 §7.5.6 and §7.6.4 know Latin-1 and line feeds only. noVNC sends `?` for
 * every other character, unless the computer knows the extended clipboard.
 */

/** The most characters of a computer's clipboard that the page shows. */
export const SHOWN = 200_000;

/**
 * The most bytes of UTF-8 that are sent: TigerVNC silently drops more (`MaxCutText`), and x11vnc hangs up at four times
 * as many.
 */
export const MOST = 256 * 1024;

const NAMED = 8;

/** All of C0 and C1 but tab and line feed, and DEL. */
const CONTROLS = /(?![\t\n])\p{Cc}/gu;
const HALVES = /\p{Surrogate}/gu;

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

/**
 * The text and nothing else: line feeds alone between lines, no control characters, which could press keys where a
 * terminal pastes them, and no halves of characters, which noVNC cannot send.
 */
export function plain(text) {
  return lineFeeds(text).replace(CONTROLS, "").replace(HALVES, "\ufffd");
}

/** A sentence for a text that is too long for the computer's clipboard; empty for others. */
export function tooLong(text) {
  const bytes = new TextEncoder().encode(text).length;
  return bytes > MOST
    ? `Not sent: the text has ${Math.ceil(bytes / 1024)} KB, and VNC servers take ${MOST / 1024} KB at most. Send it in parts.`
    : "";
}

/** The text as it is after a server that knows Latin-1 only: noVNC sends `?` for every other character. */
export function inLatin1(text) {
  return [...text].map((character) => (character.codePointAt(0) > 0xff ? "?" : character)).join("");
}

/** What the page shows of the computer's clipboard: {text, cut}. */
export function shown(text) {
  return { text: text.slice(0, SHOWN), cut: text.length > SHOWN };
}
