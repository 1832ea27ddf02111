/** Recordings for tests, written record by record. */

import { deflateSync } from "node:zlib";

import { MAGIC } from "../../src/recording.js";

const text = (words) => new TextEncoder().encode(words);

function bytes(size, fill) {
  const made = new Uint8Array(size);
  fill(new DataView(made.buffer));
  return made;
}

export function joined(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function record(kind, at, payload) {
  const start = bytes(9, (view) => {
    view.setUint8(0, kind.charCodeAt(0));
    view.setUint32(1, at);
    view.setUint32(5, payload.length);
  });
  return joined(start, payload);
}

export function refresh(at, update, { previous = 0, gap = 0, width = 4, height = 3, name = "Kasse ✓" } = {}) {
  const said = text(name);
  const start = bytes(15, (view) => {
    view.setBigUint64(0, BigInt(previous));
    view.setUint8(8, gap);
    view.setUint16(9, width);
    view.setUint16(11, height);
    view.setUint16(13, said.length);
  });
  return record("R", at, joined(start, said, deflateSync(Uint8Array.from(update))));
}

export function head(at = 0) {
  return record("H", at, text(JSON.stringify({ version: 1, width: 4, height: 3, name: "Kasse ✓" })));
}

export function data(at, ...values) {
  return record("D", at, Uint8Array.from(values));
}

export function whole(at, offset) {
  return record("W", at, bytes(8, (view) => view.setBigUint64(0, BigInt(offset))));
}

export function end(at) {
  return record("E", at, text(JSON.stringify({ reason: "The session ended.", bytes: 0, index: [] })));
}

export function file(...records) {
  return joined(MAGIC, ...records);
}
