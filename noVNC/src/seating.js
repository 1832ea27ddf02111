/**
 * This page's own seat: asks for it, finds out which one it became, and keeps to the part it has in it.
 *
 * A page that comes back wants to do what it did before. Whichever seat of its own it left behind, it ends.
 */

import { sceneOf } from "./seats.js";

export class Seating {
  #id = null;
  #isSeated = false;
  #hadControl = false;
  #wanted;
  #mode;
  #seats = [];

  /**
   * portal: a Portal. me: the technician's name. mode: "control" or "watch", as which the page was opened.
   * admin: whether they may take control from others. memory: getItem, setItem; it outlives a reload. place: a name
   * of the session in it.
   */
  constructor({ portal, me, mode, admin, memory, place }) {
    Object.assign(this, { portal, me, admin, memory, place: `reachback.seat.${place}` });
    this.#wanted = this.#mode = mode;
  }

  /** How this page takes part: "control" or "watch". */
  get mode() {
    return this.#mode;
  }

  /** Whether others are at the computer as well. */
  get together() {
    return this.#seats.length > 1;
  }

  /** Who is there, as `seats.js` has it. */
  get scene() {
    return sceneOf(this.#seats, this.#id, { admin: this.admin });
  }

  /** Asks for a ticket; from here on the page has no seat until it has a new one. */
  async ticket() {
    this.#id = null;
    this.#isSeated = this.#hadControl = false;
    const ticket = await this.portal.askTicket(this.#wanted);
    this.#mode = ticket.mode ?? this.#wanted;
    return ticket;
  }

  /** The ticket with this token led to the desktop: which seat is it? */
  async taken(token) {
    const { seat_id: id = null } = await this.portal.askOutcome(token);
    this.#id = id;
    this.#isSeated = true;
  }

  /** Learns who is there now. */
  learn({ seats }) {
    this.#seats = seats;
    this.#id ??= this.#isSeated ? this.#newest : null;
    const { own } = this.scene;
    if (own) {
      this.#mode = own.mode;
      this.#hadControl ||= own.mode === "control";
      this.#wanted = this.isReplaced({ seats }) ? "control" : own.mode;
      this.#leaveFormer(own.id);
    }
  }

  /** Whether the technician went on in another window: a newer seat of theirs has the control that this one had. */
  isReplaced({ seats }) {
    const newer = ({ id, technician, mode }) => technician === this.me && mode === "control" && id > this.#id;
    return this.#hadControl && seats.some(newer);
  }

  /** Has the portal do something with a seat; the answer is the session as it is then, or a refusal. */
  do(deed, seat) {
    return this.portal.changeSeat(seat, deed);
  }

  /** The newest seat of this technician: which one is this page's, where the portal could not be asked. */
  get #newest() {
    return this.#seats.findLast(({ technician }) => technician === this.me)?.id ?? null;
  }

  /** A reload, or a line that went silent, may have left a seat that the relay still holds. */
  #leaveFormer(id) {
    const former = Number(this.memory.getItem(this.place));
    if (former !== id) {
      this.memory.setItem(this.place, String(id));
      if (this.#seats.some((seat) => seat.id === former && seat.technician === this.me)) {
        void this.do("leave", former);
      }
    }
  }
}
