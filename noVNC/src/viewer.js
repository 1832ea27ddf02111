/**
 * Leads the page from one state to the next: asks for tickets, opens the screen, looks after the session.
 *
 * It knows the portal, the screen and the page's face by what they can do, and time by the two functions it is given.
 */

import { refusal } from "./outcomes.js";
import { FIRST, WATCHFUL, eventOf, next, pause } from "./states.js";
import { tokenOf } from "./tickets.js";

/** Milliseconds between two looks at the session while the desktop is there: alone, and with others. */
const GLANCE = 15_000;
const TOGETHER = 2_000;

/** Milliseconds without any bytes after which a connection is doubted. */
const SILENCE = 10_000;

/** Milliseconds from the ticket to the desktop, after which the page gives up on the connection. */
const GREETING = 20_000;

const ELSEWHERE = "You went on in another window, which has control now. Connect here to have it in this one again.";

export class Viewer {
  #state = FIRST;
  #call = null;
  #token = "";
  #timer = null;
  #arrived = null;
  #deeds = 0;

  /**
   * portal: a Portal. seating: a Seating. screen: open(url), close(), leave(). face: show(state), describe(session).
   * attempts: an Attempts. hidden: () → whether nobody can see the page. silence: () → milliseconds since anything of
   * the picture came.
   * now: () → Date. later: (function, milliseconds) → handle; never: handle → nothing, forgets it.
   */
  constructor({ portal, seating, screen, face, attempts, hidden, silence, now, later, never }) {
    Object.assign(this, { portal, seating, screen, face, attempts, hidden, silence, now, later, never });
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

  /** The technician wants to connect now. */
  again() {
    return this.#approach({ kind: "again" }, { asked: true });
  }

  /** The page is seen again, or the network is back: a good moment to look. */
  async wake() {
    if (["connected", ...WATCHFUL].includes(this.#state.name)) {
      this.never(this.#timer);
      await this.#look();
    }
  }

  /** The technician ends the session; the answer says whether the portal did. */
  async end() {
    const answer = await this.portal.endSession();
    if (answer.ok || answer.code === "session_ended") {
      await this.#happen({ kind: "ended", message: "You ended the session." });
    }
    return answer;
  }

  /** The technician settles something about a seat; answers what the portal says, which is shown at once. */
  async act(deed, seat) {
    const session = await this.seating.do(deed, seat);
    // What was asked before may be answered after this, and is out of date then.
    this.#deeds += 1;
    if (session.ok) {
      this.#learn(session);
    }
    this.#glanceAgain();
    return session;
  }

  /** The desktop is there. */
  async connected() {
    const token = this.#token;
    this.#token = "";
    this.#arrived = this.now();
    await this.#happen({ kind: "connected" });
    await this.seating.taken(token);
    const session = await this.portal.readSession();
    if (session.ok) {
      this.#learn(session);
      this.#glanceAgain();
    }
  }

  /** The screen's connection went: opened says whether the WebSocket had been open, reason what the relay said. */
  async closed({ opened, reason }) {
    if (this.#state.name === "connected") {
      this.attempts.over(this.now() - this.#arrived);
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
    } else if (this.#state.name === "connected") {
      this.#lookLater();
    } else if (this.#state.due) {
      this.#lookLater(this.#state.due - this.now());
    } else if (this.#asksAgain()) {
      await this.#plan(Math.max(pause(this.#state.failures), this.attempts.wait()));
    } else if (WATCHFUL.includes(this.#state.name)) {
      await (this.#justLost(before) ? this.#look() : this.#lookLater());
    }
  }

  /** Whether the page was refused for what passes by itself, and nothing else is in the way. */
  #asksAgain() {
    return this.#state.name === "refused" && this.#state.retry && !this.#state.trouble;
  }

  #justLost(before) {
    return this.#state.name === "lost" && before.name === "connected";
  }

  async #attempt() {
    this.attempts.begin();
    const ticket = await this.seating.ticket();
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
      await this.#happen(refusal(answer));
    }
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

  /** There is one wait at a time: two looks at once, as when the network is back and the page seen, share it. */
  #lookLater(milliseconds = this.#pause) {
    this.never(this.#timer);
    this.#timer = this.later(() => this.#look(), milliseconds);
  }

  /** Several people want to know what the others do. */
  get #pause() {
    if (this.#state.name !== "connected") {
      return pause(this.#state.failures);
    }
    return this.seating.together ? TOGETHER : GLANCE;
  }

  /** Who is there is known only now: the next look may have to be sooner. */
  #glanceAgain() {
    if (this.#state.name === "connected") {
      this.#lookLater();
    }
  }

  /** Looks at the session, unless nobody would see it: then `wake` does. */
  async #look() {
    if (this.hidden()) {
      return;
    }
    const [watched, deeds] = [this.#state, this.#deeds];
    const session = await this.portal.readSession();
    if (this.#state === watched && this.#deeds === deeds) {
      await this.#conclude(session);
    }
  }

  async #conclude(session) {
    const event = session.ok ? this.#meaning(session) : this.#unread(session);
    if (session.ok) {
      this.#learn(session);
    }
    await (event ? this.#approach(event) : this.#lookLater());
  }

  /** What a look at the session means to the page. */
  #meaning(session) {
    if (this.#state.name === "lost" && this.seating.isReplaced(session)) {
      return { kind: "refused", message: ELSEWHERE };
    }
    return eventOf(session, this.#state, this.#call, this.now());
  }

  /** Lets an event happen; one that leads to an attempt waits until that may be made. */
  #approach(event, { asked = false } = {}) {
    const wait = ["call_held", "again"].includes(event.kind) ? this.attempts.wait({ asked }) : 0;
    return wait === 0 ? this.#happen(event) : this.#plan(wait);
  }

  /** Says when the next attempt will be, and waits for it. */
  #plan(wait) {
    const due = new Date(this.now().getTime() + wait);
    return this.#happen({ kind: "planned", due, number: this.attempts.number });
  }

  #unread({ code, message }) {
    if (this.#state.name === "connected") {
      this.#doubt();
      return null;
    }
    return code === "signed_out" ? { kind: "refused", message } : { kind: "unreachable", message };
  }

  /**
   * The portal cannot be asked. Where the picture is silent as well, though a pixel is asked for every few seconds,
   * it is the network here that is gone, and the browser would not notice for minutes.
   */
  #doubt() {
    if (this.silence() >= SILENCE) {
      this.screen.close();
    }
  }

  /** Remembers the call, and lets the face say whose it is. */
  #learn(session) {
    this.#call = session.call?.id ?? this.#call;
    this.seating.learn(session);
    this.face.describe(session);
  }
}
