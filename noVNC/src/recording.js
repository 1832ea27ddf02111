/**
 * Reads a recording's file: records out of any pieces of it, from its beginning or from a refresh point on.
 *
 * docs/recording.md describes the format. A tail that was torn off is no record, and never becomes one. What breaks the
 * format is a BadRecording; whatever the file says, no more than one record is held.
 */

/** What a recording's file begins with. */
export const MAGIC = Uint8Array.from([0x52, 0x42, 0x52, 0x45, 0x43, 0, 0x0d, 0x0a]);

/** The most bytes of a record's payload. */
export const PAYLOAD = 16 * 1024 * 1024;

/** The most bytes that a refresh point inflates to. */
export const INFLATED = 32 * 1024 * 1024;

const RECORD_HEAD = 9;
const REFRESH_HEAD = 15;

/** This is no recording, or one that was damaged within. */
export class BadRecording extends Error {}

/** Turns pieces of a file into records, {kind, at, offset, payload}: `at` in milliseconds, `offset` in the file. */
export class Records {
  #pieces = [];
  #held = 0;
  #offset;
  #at = 0;
  #head = null;

  /** offset: where in the file the first piece begins; at 0 or where a record does. */
  constructor(offset = 0) {
    this.#offset = offset;
  }

  /** The records that are whole with this piece. A payload may share its memory. */
  *push(piece) {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#offset === 0 && !this.#takeMagic()) {
      return;
    }
    for (let record = this.#next(); record; record = this.#next()) {
      yield record;
    }
  }

  #takeMagic() {
    const magic = this.#take(MAGIC.length);
    if (magic && !magic.every((byte, at) => byte === MAGIC[at])) {
      throw new BadRecording("This file is not a recording.");
    }
    return magic !== null;
  }

  #next() {
    this.#head ??= this.#takeHead();
    const payload = this.#head && this.#take(this.#head.length);
    if (!payload) {
      return null;
    }
    const { kind, at, offset } = this.#head;
    this.#head = null;
    return { kind, at, offset, payload };
  }

  #takeHead() {
    const offset = this.#offset;
    const bytes = this.#take(RECORD_HEAD);
    if (!bytes) {
      return null;
    }
    const view = viewOf(bytes);
    const head = { kind: String.fromCharCode(bytes[0]), at: view.getUint32(1), length: view.getUint32(5), offset };
    if (head.length > PAYLOAD || head.at < this.#at) {
      throw new BadRecording(`This recording is damaged at byte ${offset}.`);
    }
    this.#at = head.at;
    return head;
  }

  /** So many bytes, or null while they are not there. Pieces are joined only once, when there are enough. */
  #take(size) {
    if (this.#held < size) {
      return null;
    }
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : joined(this.#pieces, this.#held);
    this.#pieces = bytes.length > size ? [bytes.subarray(size)] : [];
    this.#held -= size;
    this.#offset += size;
    return bytes.subarray(0, size);
  }
}

/** What a refresh point's payload says: {gap, width, height, name, packed}; `packed` is for `inflated`. */
export function refreshOf(payload) {
  const view = viewOf(payload);
  const begin = payload.length < REFRESH_HEAD ? Infinity : REFRESH_HEAD + view.getUint16(13);
  if (begin > payload.length) {
    throw new BadRecording("A refresh point of this recording is damaged.");
  }
  return {
    gap: payload[8] !== 0,
    width: view.getUint16(9),
    height: view.getUint16(11),
    name: new TextDecoder().decode(payload.subarray(REFRESH_HEAD, begin)),
    packed: payload.subarray(begin),
  };
}

/** The offset of the refresh point whose picture is complete here, as a `W` record's payload says. */
export function wholeOf(payload) {
  return payload.length === 8 ? Number(viewOf(payload).getBigUint64(0)) : null;
}

/** What was packed with zlib. */
export async function inflated(packed, limit = INFLATED) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return await gathered(stream.getReader(), limit);
  } catch (error) {
    throw error instanceof BadRecording ? error : new BadRecording("A refresh point of this recording is damaged.");
  }
}

async function gathered(reader, limit) {
  const pieces = [];
  let size = 0;
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    pieces.push(value);
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new BadRecording("A refresh point of this recording is too large.");
    }
  }
  return joined(pieces, size);
}

function joined(pieces, size) {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
