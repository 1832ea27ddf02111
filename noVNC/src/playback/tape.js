/**
 * The recording's file as records, fetched ahead in ranges, from wherever it is wanted.
 *
 * No more than LIMIT bytes wait to be played; the next range is asked for when there is room.
 */

import { BadRecording, Records } from "../recording.js";
import { Queue } from "./queue.js";

/** The most bytes of records that wait, but for the range that is under way. */
export const LIMIT = 8 * 1024 * 1024;

/** How much of the file is asked for at once. */
export const RANGE = 1024 * 1024;

const UNREACHABLE = "The recording cannot be fetched. Check the network, then press Play.";
const REFUSED = {
  401: "You are signed out. Sign in again, then open this page again.",
  410: "This recording is gone: it was deleted, or its file is not there any more.",
};
const PAST_THE_END = 416;

/** What a record costs beside its payload. */
const OVERHEAD = 64;

export class Tape {
  #fetch;
  #url;
  #queue = new Queue();
  #held = 0;
  #reading = null;
  #tellMore = () => {};

  /** fetch: as the browser's. url: the file's address. */
  constructor({ fetch, url }) {
    this.#fetch = fetch;
    this.#url = url;
  }

  /** Goes to a place in the file where a record begins, or to 0. What waited is forgotten. */
  seek(offset) {
    this.#reading?.abort.abort();
    this.#queue = new Queue();
    this.#held = 0;
    this.#reading = { abort: new AbortController(), records: new Records(offset), offset, ended: false, failed: "" };
    this.#tellMore();
    void this.#fill(this.#reading);
  }

  /** The next record, or null while it has not come. */
  get next() {
    return this.#queue.first;
  }

  /** Takes the next record. */
  take() {
    const record = this.#queue.take();
    this.#held -= record.payload.length + OVERHEAD;
    void this.#fill(this.#reading);
    return record;
  }

  /** Whether all of the file has come, as far as there is any. */
  get ended() {
    return this.#reading?.ended ?? false;
  }

  /** Why no more comes, as a sentence; empty while it does. */
  get failed() {
    return this.#reading?.failed ?? "";
  }

  /** Tries again after a failure. */
  retry() {
    if (this.#reading?.failed && !this.#reading.ended) {
      this.#reading.failed = "";
      void this.#fill(this.#reading);
    }
  }

  /** Waits until a record, the end or a failure has come, or another place is sought. */
  async more() {
    const reading = this.#reading;
    while (!this.next && !this.ended && !this.failed && reading === this.#reading) {
      await new Promise((done) => { this.#tellMore = done; });
    }
  }

  async #fill(reading) {
    while (!reading.busy && !reading.ended && !reading.failed && this.#held < LIMIT && reading === this.#reading) {
      reading.busy = true;
      try {
        await this.#range(reading);
      } catch (error) {
        this.#stop(reading, error);
      }
      reading.busy = false;
      this.#tellMore();
    }
  }

  async #range(reading) {
    const { offset, abort } = reading;
    const headers = { Range: `bytes=${offset}-${offset + RANGE - 1}` };
    const answer = await this.#fetch(this.#url, { headers, signal: abort.signal });
    if (answer.status === PAST_THE_END) {
      reading.ended = true;
    } else if (answer.status === 206) {
      await this.#pour(reading, answer.body.getReader());
      reading.ended = reading.offset >= sizeOf(answer);
    } else {
      reading.failed = REFUSED[answer.status] ?? UNREACHABLE;
    }
  }

  async #pour(reading, stream) {
    for (let { done, value } = await stream.read(); !done; { done, value } = await stream.read()) {
      reading.offset += value.length;
      this.#push(reading, value);
    }
  }

  #push(reading, piece) {
    for (const record of reading.records.push(piece)) {
      if (reading === this.#reading) {
        this.#queue.add(record);
        this.#held += record.payload.length + OVERHEAD;
      }
    }
    this.#tellMore();
  }

  /** What is damaged ends there: what came before it plays. */
  #stop(reading, error) {
    const isBad = error instanceof BadRecording;
    reading.ended = isBad;
    reading.failed = isBad ? error.message : UNREACHABLE;
  }
}

function sizeOf(answer) {
  const said = /\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "");
  return said ? Number(said[1]) : 0;
}
