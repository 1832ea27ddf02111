/**
 * What the page asks of the portal. Every answer is a value: {ok: true, ...} or {ok: false, code, message}; nothing
 * here throws, and a ticket is handed on without being kept.
 */

/** Milliseconds after which an unanswered question counts as unreachable. */
const PATIENCE = 10_000;

const UNREACHABLE = { ok: false, code: "unreachable", message: "The portal cannot be reached." };
const SIGNED_OUT = {
  ok: false, code: "signed_out", message: "You are signed out. Sign in again, then come back to this page.",
};

/** The refusal in an answer that is not a good one: the portal's own words, or words about the status. */
async function refused(response) {
  if (response.type === "opaqueredirect" || response.status === 401) {
    return SIGNED_OUT;
  }
  const body = await response.json().catch(() => ({}));
  const { code = "portal_error", message = "" } = body.error ?? {};
  return { ok: false, code, message: message || `The portal answered with an error (${response.status}).` };
}

/** The token inside the WebSocket's address. */
export function tokenOf(websocketUrl) {
  return new URL(websocketUrl).searchParams.get("token") ?? "";
}

export class Portal {
  #fetch;
  #urls;
  #headers;
  #deadline;

  /**
   * fetch: as in browsers. urls: {tickets_url, outcome_url, session_url, seats_url}. csrf: the token of the signed-in page.
   * deadline: milliseconds → AbortSignal.
   */
  constructor({ fetch, urls, csrf, deadline = (ms) => AbortSignal.timeout(ms) }) {
    this.#fetch = fetch;
    this.#urls = urls;
    this.#headers = { Accept: "application/json", "X-CSRFToken": csrf };
    this.#deadline = deadline;
  }

  /**
   * A ticket for one seat: {ok, websocket_url, expires_at, mode}. mode: "control" or "watch"; the answer's is "watch",
   * too, where another technician has control.
   */
  askTicket(mode) {
    return this.#ask("POST", this.#urls.tickets_url, { mode });
  }

  /** What became of a ticket: {ok, code, message, seat_id}; the seat that it opened, or null. */
  askOutcome(token) {
    return this.#ask("POST", this.#urls.outcome_url, { token });
  }

  /** The session as the portal describes it: {ok, state, call, seats, ...}. */
  readSession() {
    return this.#ask("GET", this.#urls.session_url);
  }

  /** Has something done about control, see SeatDeedIn: {ok, state, call, seats, ...}. seat: a number. */
  changeSeat(seat, deed) {
    return this.#ask("POST", `${this.#urls.seats_url}/${seat}`, { do: deed });
  }

  /** Writes down what was learned, {reference, note, …}, also while the page goes away: {ok}. */
  editSession(changes) {
    return this.#ask("PATCH", this.#urls.session_url, changes);
  }

  /** Lets the session last longer: {ok, expires_at, …}. */
  extendSession(minutes) {
    return this.#ask("POST", this.#urls.extend_url, { minutes });
  }

  /** Has the session's calls recorded from now on, or no more: {ok, recording, …}. */
  record(on) {
    return this.#ask("POST", this.#urls.recording_url, { on });
  }

  /** Ends the session for both sides: {ok}. */
  endSession() {
    return this.#ask("DELETE", this.#urls.session_url);
  }

  async #ask(method, url, body) {
    try {
      const response = await this.#fetch(url, this.#request(method, body));
      return response.ok ? { ...await this.#content(response), ok: true } : await refused(response);
    } catch {
      return UNREACHABLE;
    }
  }

  #request(method, body) {
    const request = { method, headers: this.#headers, redirect: "manual", cache: "no-store",
      signal: this.#deadline(PATIENCE) };
    return body === undefined ? request : {
      ...request,
      headers: { ...this.#headers, "Content-Type": "application/json" },
      body: JSON.stringify(body),
      keepalive: method === "PATCH",
    };
  }

  async #content(response) {
    return response.status === 204 ? {} : response.json();
  }
}
