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

const flag = (value) => typeof value === "boolean";
const text = (longest) => (value) => typeof value === "string" && value.length <= longest;
const isCode = (value) => value === null || (typeof value === "string" && /^[A-Za-z0-9]{1,32}$/.test(value));
const isKeysym = (value) => Number.isInteger(value) && value >= 0 && value <= 0xffffffff;

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
  fit: { on: flag },
  viewOnly: { on: flag },
  keys: { strokes },
  paste: { text: text(CLIPBOARD) },
};

/** From the frame, for as long as the page lives. */
export const FROM_FRAME = {
  keyboard: { on: flag },
  edge: { near: flag },
  chord: {},
};

/** From the page, about one connection. */
export const TO_CONNECTION = {
  opened: {},
  closed: {},
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
