/**
 * The picture: noVNC in its place on the page, and the last picture where a connection was lost.
 *
 * The only module that knows noVNC. What it says to the outside are the six functions of `tell`.
 */

import RFB from "../novnc/core/rfb.js";

const PASSWORD_WANTED = "The relay asked for a password, which it should never do. Tell your administrator.";

export class Screen {
  #place;
  #tell;
  #rfb = null;
  #canvas = null;
  #still = null;
  #fit = true;
  #viewOnly = false;
  #left = false;

  /**
   * place: the element the picture fills.
   * tell: connected(), closed({opened, reason}), stopped(message), named(text), copied(text), rang().
   */
  constructor(place, tell) {
    this.#place = place;
    this.#tell = tell;
  }

  /** Connects to the WebSocket address, ticket included. Throws where the browser does not even try. */
  open(url) {
    const channel = new WebSocket(url);
    const opening = { opened: false, reason: "" };
    channel.addEventListener("open", () => { opening.opened = true; });
    this.#rfb = new RFB(this.#place, channel, { shared: true });
    this.#listen(this.#rfb, opening);
    this.#dress();
  }

  /** Closes the connection, if there is one; the last picture stays. */
  close() {
    this.#rfb?.disconnect();
  }

  /** Closes the connection and takes the picture away for good. */
  leave() {
    this.#left = true;
    this.#clear();
    this.close();
  }

  /** Gives the keyboard to the desktop. */
  focus() {
    this.#canvas?.focus({ preventScroll: true });
  }

  get fit() {
    return this.#fit;
  }

  set fit(fit) {
    this.#fit = fit;
    this.#place.classList.toggle("screen--actual", !fit);
    if (this.#rfb) {
      this.#rfb.scaleViewport = fit;
    }
  }

  get viewOnly() {
    return this.#viewOnly;
  }

  set viewOnly(viewOnly) {
    letKeysGo();
    this.#viewOnly = viewOnly;
    if (this.#rfb) {
      this.#rfb.viewOnly = viewOnly;
    }
  }

  ctrlAltDel() {
    this.#rfb?.sendCtrlAltDel();
  }

  paste(text) {
    this.#rfb?.clipboardPasteFrom(text);
  }

  #listen(rfb, opening) {
    const on = (kind, listener) => rfb.addEventListener(kind, listener);
    on("connect", () => this.#connected());
    on("disconnect", () => this.#disconnected(opening));
    on("securityfailure", (event) => { opening.reason = refusedGreeting(event.detail.reason); });
    on("credentialsrequired", () => this.#tell.stopped(PASSWORD_WANTED));
    on("desktopname", (event) => this.#tell.named(event.detail.name));
    on("clipboard", (event) => this.#tell.copied(event.detail.text));
    on("bell", () => this.#tell.rang());
  }

  #dress() {
    this.#rfb.scaleViewport = this.#fit;
    this.#rfb.viewOnly = this.#viewOnly;
    this.#rfb.background = "transparent";
    this.#canvas = [...this.#place.querySelectorAll("canvas")].at(-1);
    this.#canvas.tabIndex = 0;
    this.#canvas.setAttribute("role", "application");
    this.#canvas.setAttribute("aria-label", "The customer's desktop");
    this.#canvas.addEventListener("blur", letKeysGo);
  }

  #clear() {
    this.#still?.remove();
    this.#still = null;
  }

  #connected() {
    this.#clear();
    this.#tell.connected();
  }

  #disconnected(opening) {
    this.#keepStill(this.#canvas);
    this.#rfb = null;
    this.#canvas = null;
    this.#tell.closed(opening);
  }

  /** noVNC takes its canvas off the page when it disconnects: what was on it stays as a picture. */
  #keepStill(canvas) {
    if (this.#left || canvas.width === 0 || canvas.height === 0) {
      return;
    }
    this.#clear();
    this.#still = Object.assign(document.createElement("canvas"), {
      className: "still", width: canvas.width, height: canvas.height,
    });
    this.#still.getContext("2d").drawImage(canvas, 0, 0);
    this.#place.append(this.#still);
  }
}

/**
 * Lets go of every key that noVNC holds down on the desktop.
 *
 * noVNC does so when the window loses the keyboard, but neither when only its canvas does nor when it becomes view
 * only; without this a Ctrl held while leaving would stay down on the customer's computer.
 */
function letKeysGo() {
  window.dispatchEvent(new Event("blur"));
}

function refusedGreeting(reason) {
  return reason ? `The relay refused this seat: ${reason}` : "The relay refused this seat.";
}
