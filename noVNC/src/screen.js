/**
 * The picture, as the page sees it: a frame that it cannot look into, and the connection that it holds for it.
 *
 * The page has the origin, the cookie and the network; the frame has noVNC. What passes between them is in
 * messages.js. What the screen says to the page are the functions of `tell`.
 */

import { CHORDS, strokes } from "./chords.js";
import { meet } from "./meeting.js";
import { FROM_CONNECTION, FROM_FRAME, STROKES, isBytes, listen, read } from "./messages.js";

/** Milliseconds for which the frame may take leave of a connection that is closed. */
const LEAVE = 2_000;

export class Screen {
  #frame;
  #tell;
  #later;
  #page = new MessageChannel();
  #connection = null;
  #zoom = { percent: 100, fit: true };
  #levels = null;
  #viewOnly = false;
  #pictureAsked = false;

  /**
   * frame: the iframe. later: as in Viewer. tell: connected(), closed({opened, reason}), stopped(message),
   * named(text), copied(text), rang(), received(bytes), asked(), answered(milliseconds) about the connection; keyboard(on),
   * chord(), edge(near), zoomed(percent, fit), pictured(png) about the frame.
   */
  constructor(frame, tell, later) {
    this.#frame = frame;
    this.#tell = tell;
    this.#later = later;
    meet(frame, this.#page.port2);
    listen(this.#page.port1, FROM_FRAME, {
      keyboard: ({ on }) => tell.keyboard(on),
      edge: ({ near }) => tell.edge(near),
      chord: () => tell.chord(),
      zoomed: ({ percent, fit }) => { this.#zoom = { percent, fit }; tell.zoomed(percent, fit); },
      picture: ({ png }) => this.#pictured(png),
    });
  }

  /** Connects to the WebSocket address, ticket included. Throws where the browser does not even try. */
  open(url) {
    const { port1, port2 } = new MessageChannel();
    this.#connection = new Connection(new WebSocket(url), port1, this.#tell, this.#later);
    this.#say({ kind: "open" }, [port2]);
  }

  /** Closes the connection, if there is one; the last picture stays. */
  close() {
    this.#connection?.close();
  }

  /** Closes the connection and takes the picture away for good. */
  leave() {
    this.#say({ kind: "leave" });
    this.close();
  }

  /** Gives the keyboard to the desktop. */
  focus() {
    this.#frame.focus({ preventScroll: true });
    this.#say({ kind: "focus" });
  }

  get fit() {
    return this.#zoom.fit;
  }

  set fit(on) {
    this.zoom(on ? "fit" : "actual");
  }

  /** Magnifies: "in", "out", "fit" or "actual". What comes of it, `tell.zoomed` says. */
  zoom(how) {
    this.#say({ kind: "zoom", how });
  }

  /** Moves what is seen of a magnified picture, by pixels. */
  pan(x, y) {
    this.#say({ kind: "pan", x, y });
  }

  /** How sharp the picture is and how hard it is compressed: {quality, compression}, each 0 to 9. */
  set levels({ quality, compression }) {
    if (quality !== this.#levels?.quality || compression !== this.#levels?.compression) {
      this.#levels = { quality, compression };
      this.#say({ kind: "quality", ...this.#levels });
    }
  }

  /** Asks for the picture as a file; `tell.pictured` has it. */
  picture() {
    this.#pictureAsked = true;
    this.#say({ kind: "picture" });
  }

  get viewOnly() {
    return this.#viewOnly;
  }

  set viewOnly(on) {
    this.#viewOnly = on;
    this.#say({ kind: "viewOnly", on });
  }

  ctrlAltDel() {
    this.press("ctrl-alt-del");
  }

  /** Presses keys together and lets them go; name: of chords.js. */
  press(name) {
    this.typeKeys(strokes(CHORDS[name]));
  }

  /** Presses a key, or lets go of it. code: as in KeyboardEvent, or null where no key of a keyboard is meant. */
  key(keysym, code, down) {
    this.typeKeys([{ keysym, code, down }]);
  }

  /** Presses keys and lets go of them, in this order: [{keysym, code, down}]. */
  typeKeys(keys) {
    for (let at = 0; at < keys.length; at += STROKES) {
      this.#say({ kind: "keys", strokes: keys.slice(at, at + STROKES) });
    }
  }

  paste(text) {
    this.#say({ kind: "paste", text });
  }

  /** One picture for each time that somebody asked: the frame may save no files of its own accord. */
  #pictured(png) {
    if (this.#pictureAsked) {
      this.#pictureAsked = false;
      this.#tell.pictured(png);
    }
  }

  #say(message, ports = []) {
    this.#page.port1.postMessage(message, ports);
  }
}

/** One WebSocket, and the port through which the frame uses it. */
class Connection {
  #socket;
  #port;
  #tell;
  #later;
  #opened = false;
  #over = false;

  constructor(socket, port, tell, later) {
    Object.assign(socket, { binaryType: "arraybuffer" });
    this.#socket = socket;
    this.#port = port;
    this.#tell = tell;
    this.#later = later;
    socket.onopen = () => { this.#opened = true; port.postMessage({ kind: "opened" }); };
    socket.onmessage = ({ data }) => this.#pass(data);
    socket.onclose = () => this.#closed();
    port.onmessage = ({ data }) => this.#hear(data);
  }

  close() {
    this.#socket.close();
  }

  #pass(bytes) {
    if (isBytes(bytes)) {
      this.#tell.received(bytes.byteLength);
      this.#port.postMessage(bytes, [bytes]);
    } else {
      this.close();
    }
  }

  #hear(data) {
    if (isBytes(data)) {
      this.#send(data);
      return;
    }
    const message = read(FROM_CONNECTION, data);
    if (message) {
      this.#heard[message.kind](message);
    }
  }

  #heard = {
    close: () => this.close(),
    connected: () => this.#tell.connected(),
    gone: ({ reason }) => this.#finish(reason),
    stopped: ({ message }) => this.#tell.stopped(message),
    named: ({ text }) => this.#tell.named(text),
    copied: ({ text }) => this.#tell.copied(text),
    rang: () => this.#tell.rang(),
    answered: ({ milliseconds }) => this.#tell.answered(milliseconds),
  };

  #send(bytes) {
    if (this.#socket.readyState !== WebSocket.OPEN) {
      return;
    }
    if (asksForMore(new Uint8Array(bytes))) {
      this.#tell.asked();
    }
    this.#socket.send(bytes);
  }

  /** The frame says why, unless it does not answer any more. */
  #closed() {
    this.#port.postMessage({ kind: "closed" });
    this.#later(() => this.#finish(""), LEAVE);
  }

  #finish(reason) {
    if (!this.#over) {
      this.#over = true;
      this.#port.close();
      this.#socket.close();
      this.#tell.closed({ opened: this.#opened, reason });
    }
  }
}

/** Whether this is noVNC's request for the next update (RFC 6143 §7.5.3, incremental): the last one has come whole. */
function asksForMore(bytes) {
  return bytes.length === 10 && bytes[0] === 3 && bytes[1] === 1;
}
