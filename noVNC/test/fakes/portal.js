/** A portal of one session, as `fetch` sees it: tickets are given while a call is held. */

export const URLS = { tickets_url: "/tickets", outcome_url: "/outcome", session_url: "/session", seats_url: "/seats" };

export class FakePortal {
  state = "connected";
  call = { id: 1, address: "203.0.113.9", desktop: "xp", confirmed: true };
  seats = [];
  seat = null;       // the seat that every ticket opens
  mode = undefined;  // what a ticket says of it
  deeds = [];        // what was done about control, as "deed seat"
  outcome = { code: "ticket_expired", message: "Too late." };
  refusal = null;
  reachable = true;
  asked = [];

  /** To be given to a Portal as its fetch. */
  fetch = async (url, { method, body }) => {
    if (!this.reachable) {
      throw new TypeError("fetch failed");
    }
    this.asked.push({ url, body: body && JSON.parse(body) });
    return url.startsWith(URLS.seats_url) ? this.#settle(url, JSON.parse(body)) : this.#answers[`${method} ${url}`]();
  };

  /** How many tickets were asked for. */
  get tickets() {
    return this.asked.filter(({ url }) => url === URLS.tickets_url).length;
  }

  #answers = {
    "POST /tickets": () => this.#ticket(),
    "POST /outcome": () => Response.json({ ...this.outcome, seat_id: this.seat }),
    "GET /session": () => this.#session(),
    "DELETE /session": () => this.#end(),
  };

  #ticket() {
    if (["closed", "expired"].includes(this.state)) {
      return refuse(409, "session_ended", "It has ended.");
    }
    if (this.refusal) {
      return refuse(409, ...this.refusal);
    }
    return this.call
      ? Response.json({ websocket_url: `ws://relay/?token=s1.t${this.tickets}`, mode: this.mode }, { status: 201 })
      : refuse(409, "no_call_held", "Nobody called.");
  }

  #session() {
    return Response.json({ state: this.state, call: this.call, seats: this.seats });
  }

  #settle(url, { do: deed }) {
    this.deeds.push(`${deed} ${url.split("/").at(-1)}`);
    return this.refusal ? refuse(409, ...this.refusal) : this.#session();
  }

  #end() {
    this.state = "closed";
    this.call = null;
    return new Response(null, { status: 204 });
  }
}

function refuse(status, code, message) {
  return Response.json({ error: { code, message } }, { status });
}
