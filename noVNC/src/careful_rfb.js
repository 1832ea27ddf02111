/**
 * noVNC, made careful with the extended clipboard.
 *
 * noVNC 1.7.0 leaves the content of a message in the stream while it is view only, and takes it for the next messages,
 * which ends the connection; and it throws on a broken text, so that what came with it waits for the next bytes.
 * It also tells when all that it was given is on its canvas.
 */

import RFB from "../novnc/core/rfb.js";

/** What comes before the content, after the message's type: padding and a length, negative where it is extended. */
const HEAD = 7;

const CAPABILITIES = 1 << 24;

export default class CarefulRfb extends RFB {
  /** Waits until what it was given is drawn: JPEG is decoded by the browser, in its own time. */
  async settled() {
    while (this._display?.pending()) {
      await this._display.flush();
    }
  }

  /** noVNC calls this when the type of such a message has come; false makes it wait for more bytes. */
  _handleServerCutText() {
    if (this._sock.rQwait("ServerCutText header", HEAD, 1)) {
      return false;
    }
    const length = this.#peek(HEAD).getInt32(HEAD - 4);
    return length < 0 && this._viewOnly ? this.#overlook(HEAD - length) : this.#take(() => super._handleServerCutText());
  }

  /** Overlooks a message of so many bytes, unless it says what the computer is capable of. */
  #overlook(size) {
    if (this._sock.rQwait("ServerCutText content", size, 1)) {
      return false;
    }
    if (size >= HEAD + 4 && this.#peek(HEAD + 4).getUint32(HEAD) & CAPABILITIES) {
      return this.#take(() => super._handleServerCutText());
    }
    this._sock.rQskipBytes(size);
    return true;
  }

  /** A text that cannot be read is no text; its bytes were taken from the stream before. */
  #take(handle) {
    try {
      return handle();
    } catch {
      return true;
    }
  }

  #peek(size) {
    const { buffer, byteOffset } = this._sock.rQpeekBytes(size);
    return new DataView(buffer, byteOffset, size);
  }
}
