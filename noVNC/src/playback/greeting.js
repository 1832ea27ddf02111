/** What a VNC server says until its desktop is known (RFC 6143 §7.1–7.3), said without waiting for the viewer. */

const VERSION = "RFB 003.008\n";

/** One security type is offered, None, and it went well. */
const SECURITY = [1, 1, 0, 0, 0, 0];

/** 32 bits a pixel, 24 of them colour, little-endian, true colour, red lowest: noVNC asks for this one. */
const PIXELS = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];

/** The greeting of a desktop of this size and name, as bytes. */
export function greeting({ width, height, name }) {
  const text = new TextEncoder();
  const words = text.encode(name);
  return Uint8Array.from([
    ...text.encode(VERSION), ...SECURITY, ...u16(width), ...u16(height), ...PIXELS, 0, 0, ...u16(words.length), ...words,
  ]);
}

function u16(value) {
  return [value >> 8, value & 0xff];
}
