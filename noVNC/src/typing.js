/**
 * Types a text on the customer's computer, key by key: for password boxes, which take no clipboard.
 *
 * A VNC key event names a character, not a key (RFC 6143 §7.5.4), and a server presses whatever its own keyboard needs
 * for it, AltGr included. So each character goes alone, without modifiers and without a scan code: a scan code would be
 * right only where both keyboards have the same layout. docs/protocol.md tells what was measured.
 */

const ENTER = 0xff0d;
const TAB = 0xff09;
const CAPS_LOCK = 0xffe5;
/** Characters at once, and milliseconds between: slow computers keep up with some hundred a second. */
const BATCH = 8;
const PAUSE = 40;

/** The keysym of a character, by noVNC's table; null for a control character, which no key types. */
export function keysymOf(character, keysyms) {
  if (character === "\n" || character === "\r") {
    return ENTER;
  }
  if (character === "\t") {
    return TAB;
  }
  const code = character.codePointAt(0);
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ? null : keysyms.lookup(code);
}

/**
 * The strokes that type a text: [{keysym, code: null, down}]. capsLock: whether Caps Lock is on there; it is let go
 * before the text and pressed again after it, for servers that do not see to it themselves.
 */
export function strokesOf(text, keysyms, { capsLock = false } = {}) {
  const characters = [...text.replaceAll("\r\n", "\n")];
  const typed = characters.map((character) => keysymOf(character, keysyms)).filter((keysym) => keysym !== null);
  return (capsLock ? [CAPS_LOCK, ...typed, CAPS_LOCK] : typed)
    .flatMap((keysym) => [true, false].map((down) => ({ keysym, code: null, down })));
}

export class Typist {
  #strokes = [];
  #all = 0;
  #timer = null;

  /** keysyms: noVNC's table. send: (strokes) → nothing. tell: (typed, all) → nothing, in characters. later, never as in Viewer. */
  constructor({ keysyms, send, tell, later, never }) {
    Object.assign(this, { keysyms, send, tell, later, never });
  }

  get busy() {
    return this.#strokes.length > 0;
  }

  /** Types a text from now on. Nothing of it is kept once it is typed, or stopped. */
  type(text, wishes) {
    this.stop();
    this.#strokes = strokesOf(text, this.keysyms, wishes);
    this.#all = this.#strokes.length / 2;
    this.#go();
  }

  /** Types no more of it; Caps Lock is as it was. */
  stop() {
    this.never(this.#timer);
    const last = this.#strokes.slice(-2);
    this.#strokes = [];
    if (last[0]?.keysym === CAPS_LOCK) {
      this.send(last);
    }
  }

  #go() {
    this.send(this.#strokes.splice(0, BATCH * 2));
    this.tell(this.#all - this.#strokes.length / 2, this.#all);
    if (this.busy) {
      this.#timer = this.later(() => this.#go(), PAUSE);
    }
  }
}
