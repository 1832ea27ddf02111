/**
 * Leads the page from one state to the next: asks for tickets, opens the screen, looks after the session.
 *
 * It knows the portal, the screen and the page's face by what they can do, and time by the two functions it is given.
 */

import { refusal } from "./outcomes.js";
import { FIRST, WATCHFUL, eventOf, next, pause } from "./states.js";
import { tokenOf } from "./tickets.js";
import { seatTaken } from "./words.js";

/** Milliseconds from the ticket to the desktop, after which the page gives up on the connection. */
const GREETING = 20_000;

export class Viewer {
  #state = FIRST;
  #call = null;
  #token = "";
  #timer = null;

  /**
   * portal: a Portal. screen: open(url), close(), leave(). face: show(state), describe(session).
   * now: () → Date. later: (function, milliseconds) → handle; never: handle → nothing, forgets it.
   */
  constructor({ portal, screen, face, now, later, never }) {
    Object.assign(this, { portal, screen, face, now, later, never });
  }

  get state() {
    return this.#state;
  }

  /** Asks for the first place. call: the id of the call the page was rendered with, or null. */
  async start(call = null) {
    this.#call = call;
    this.face.show(this.#state);
    await this.#attempt();
  }

  /** The technician wants to connect again. */
  again() {
    return this.#happen({ kind: "again" });
  }

  /** The technician ends the session; the answer says whether the portal did. */
  async end() {
    const answer = await this.portal.endSession();
    if (answer.ok || answer.code === "session_ended") {
      await this.#happen({ kind: "ended", message: "You ended the session." });
    }
    return answer;
  }

  /** The desktop is there. */
  async connected() {
    this.#token = "";
    await this.#happen({ kind: "connected" });
    const session = await this.portal.readSession();
    if (session.ok) {
      this.#learn(session);
    }
  }

  /** The screen's connection went: opened says whether the WebSocket had been open, reason what the relay said. */
  async closed({ opened, reason }) {
    if (this.#state.name === "connected") {
      await this.#happen({ kind: "lost", at: this.now() });
    } else if (this.#state.name === "connecting") {
      await this.#explain({ opened, reason });
    }
  }

  /** The screen cannot go on, and trying again would not help. */
  async stopped(message) {
    await this.#happen({ kind: "refused", message });
    this.screen.close();
  }

  async #happen(event) {
    const before = this.#state;
    this.#state = next(before, event);
    if (this.#state !== before) {
      this.face.show(this.#state);
      await this.#follow(before);
    }
  }

  /** Does what the new state asks for. */
  async #follow(before) {
    this.never(this.#timer);
    if (this.#state.name === "asking") {
      await this.#attempt();
    } else if (this.#state.name === "connecting") {
      this.#timer = this.later(() => this.screen.close(), GREETING);
    } else if (this.#state.name === "ended") {
      this.screen.leave();
    } else if (WATCHFUL.includes(this.#state.name)) {
      await (this.#justLost(before) ? this.#look() : this.#lookLater());
    }
  }

  #justLost(before) {
    return this.#state.name === "lost" && before.name === "connected";
  }

  async #attempt() {
    const ticket = await this.portal.askTicket("control");
    if (!ticket.ok) {
      await this.#noTicket(ticket);
      return;
    }
    this.#token = tokenOf(ticket.websocket_url);
    await this.#happen({ kind: "ticket_given" });
    await this.#open(ticket.websocket_url);
  }

  async #noTicket(answer) {
    if (answer.code === "no_call_held") {
      await this.#happen({ kind: "no_call", at: this.now() });
    } else if (answer.code === "session_ended") {
      await this.#happen({ kind: "ended" });
    } else {
      const message = answer.code === "seat_taken" ? await this.#whoSits(answer.message) : answer.message;
      await this.#happen(refusal({ ...answer, message }));
    }
  }

  async #whoSits(message) {
    const session = await this.portal.readSession();
    return session.ok ? seatTaken(message, session.seats) : message;
  }

  async #open(url) {
    if (this.#state.name !== "connecting") {
      return;
    }
    try {
      this.screen.open(url);
    } catch {
      await this.stopped("This browser refused to open the picture's channel.");
    }
  }

  async #explain(closing) {
    const outcome = await this.portal.askOutcome(this.#token);
    this.#token = "";
    await this.#happen(refusal(outcome, closing));
  }

  #lookLater() {
    this.#timer = this.later(() => this.#asksAgain() ? this.again() : this.#look(), pause(this.#state.failures));
  }

  #asksAgain() {
    return this.#state.name === "refused" && this.#state.retry;
  }

  async #look() {
    const watched = this.#state;
    const session = await this.portal.readSession();
    if (this.#state === watched) {
      await this.#conclude(session);
    }
  }

  async #conclude(session) {
    const event = session.ok ? eventOf(session, this.#state, this.#call, this.now()) : this.#unread(session);
    if (session.ok) {
      this.#learn(session);
    }
    await (event ? this.#happen(event) : this.#lookLater());
  }

  #unread({ code, message }) {
    return code === "signed_out" ? { kind: "refused", message } : { kind: "unreachable", message };
  }

  /** Remembers the call, and lets the face say whose it is. */
  #learn(session) {
    this.#call = session.call?.id ?? this.#call;
    this.face.describe(session);
  }
}
