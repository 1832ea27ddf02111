/** A portal that hands out one file by ranges, and can be out of reach. */

export class PortalFile {
  requests = [];
  reachable = true;
  status = null;

  /** bytes: the file. piece: how many bytes come at once. */
  constructor(bytes, piece = 64) {
    this.bytes = bytes;
    this.piece = piece;
    this.fetch = this.fetch.bind(this);
  }

  async fetch(_url, { headers, signal }) {
    this.requests.push(headers.Range);
    signal.throwIfAborted();
    if (!this.reachable) throw new TypeError("Failed to fetch");
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.Range).map(Number);
    if (this.status || from >= this.bytes.length) return new Response(null, { status: this.status ?? 416 });
    const part = this.bytes.subarray(from, to + 1);
    const range = `bytes ${from}-${from + part.length - 1}/${this.bytes.length}`;
    return new Response(this.#stream(part), { status: 206, headers: { "Content-Range": range } });
  }

  #stream(part) {
    const { piece } = this;
    return new ReadableStream({
      start(controller) {
        for (let at = 0; at < part.length; at += piece) {
          controller.enqueue(part.slice(at, at + piece));
        }
        controller.close();
      },
    });
  }
}
