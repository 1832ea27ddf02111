/**
 * What the page and the picture's frame say to each other, and what each of it looks like.
 *
 * Two ports join them: one for as long as the page lives, one for each connection. The frame decodes what strangers
 * send, so the page believes nothing of it that is not in these tables; the frame is as careful, which costs nothing.
 * Bytes of a connection are bare ArrayBuffers, handed over and not copied.
 */

/** The most bytes of a connection in one message. */
export const CHUNK = 64 * 1024 * 1024;

/** The most characters of the computer's clipboard that the frame passes on. */
export const CLIPBOARD = 1024 * 1024;

/** The most characters of a name or a reason. */
export const WORDS = 1024;

/** The most strokes in one message. */
export const STROKES = 1024;

/** The most bytes of a screenshot. */
export const PICTURE = 64 * 1024 * 1024;

const flag = (value) => typeof value === "boolean";
const text = (longest) => (value) => typeof value === "string" && value.length <= longest;
const from = (least, most) => (value) => Number.isInteger(value) && value >= least && value <= most;
const oneOf = (...words) => (value) => words.includes(value);
const isCode = (value) => value === null || (typeof value === "string" && /^[A-Za-z0-9]{1,32}$/.test(value));
const isKeysym = from(0, 0xffffffff);
const level = from(0, 9);

/** Whether this is an object with exactly these fields, each as its check wants it. */
function fits(value, checks) {
  return typeof value === "object" && value !== null
    && Object.keys(value).length === Object.keys(checks).length
    && Object.entries(checks).every(([name, check]) => Object.hasOwn(value, name) && check(value[name]));
}

const stroke = (value) => fits(value, { keysym: isKeysym, code: isCode, down: flag });
const strokes = (value) => Array.isArray(value) && value.length <= STROKES && value.every(stroke);

/** From the page, for as long as it lives. A port comes with `open`. */
export const TO_FRAME = {
  open: {},
  leave: {},
  focus: {},
  zoom: { how: oneOf("in", "out", "fit", "actual") },
  pan: { x: from(-9999, 9999), y: from(-9999, 9999) },
  quality: { quality: level, compression: level },
  picture: {},
  viewOnly: { on: flag },
  keys: { strokes },
  paste: { text: text(CLIPBOARD) },
  hold: {},
  show: {},
};

/** From the frame, for as long as the page lives. */
export const FROM_FRAME = {
  keyboard: { on: flag },
  edge: { near: flag },
  zoomed: { percent: from(0, 10_000), fit: flag },
  picture: { png: (value) => value instanceof ArrayBuffer && value.byteLength > 0 && value.byteLength <= PICTURE },
  chord: {},
};

/** From the page, about one connection. */
export const TO_CONNECTION = {
  opened: {},
  closed: {},
  mark: { number: from(0, 0xffffffff) },
};

/** From the frame, about one connection. */
export const FROM_CONNECTION = {
  close: {},
  connected: {},
  gone: { reason: text(WORDS) },
  stopped: { message: text(WORDS) },
  named: { text: text(WORDS) },
  copied: { text: text(CLIPBOARD) },
  rang: {},
  answered: { milliseconds: from(0, 3_600_000) },
  reached: { number: from(0, 0xffffffff) },
};

/** Whether this is a stretch of a connection's bytes. */
export function isBytes(data) {
  return data instanceof ArrayBuffer && data.byteLength <= CHUNK;
}

/** What `data` says, {kind, ...}, where it is in the table; null otherwise. */
export function read(table, data) {
  if (typeof data !== "object" || data === null || typeof data.kind !== "string" || !Object.hasOwn(table, data.kind)) {
    return null;
  }
  return fits(data, { kind: () => true, ...table[data.kind] }) ? data : null;
}

/** Lets `heard[kind]` have each message that comes through `port` and is in the table; drops the others. */
export function listen(port, table, heard) {
  port.onmessage = ({ data, ports }) => {
    const message = read(table, data);
    if (message) {
      heard[message.kind]?.(message, ports);
    }
  };
}
