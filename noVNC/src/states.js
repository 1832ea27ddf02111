/**
 * What the viewer page may be doing, and the one table of what may follow what.
 *
 * A state is a frozen value; `next` answers the state that follows. Nothing here knows of the network, the page
 * or noVNC. An event that a state does not list came too late, and changes nothing.
 */

/** What a look at the session may show. */
const LOOKED = { no_call: "waiting", call_held: "asking", ended: "ended" };

/** A page that tries again by itself says when. */
const planned = (name) => ({ planned: name, unreachable: name });

const TABLE = {
  asking: { ticket_given: "connecting", no_call: "waiting", refused: "refused", ended: "ended" },
  connecting: { connected: "connected", refused: "refused", ended: "ended" },
  connected: { lost: "lost", refused: "refused", ended: "ended" },
  lost: { again: "asking", ...LOOKED, ...planned("lost"), refused: "refused" },
  waiting: { ...LOOKED, ...planned("waiting"), refused: "refused" },
  refused: { again: "asking", ...LOOKED, ...planned("refused") },
  ended: {},
};

/** The states in which the page looks, again and again, at what became of the session. */
export const WATCHFUL = Object.freeze(["lost", "waiting", "refused"]);

/** The state of a page that was just opened. */
export const FIRST = Object.freeze({
  name: "asking",
  message: "",        // why it was refused or ended
  trouble: "",        // what is in the way of looking after the session
  retry: false,       // whether a refused page asks again by itself
  failures: 0,        // looks and attempts that failed one after another
  due: null,          // Date of the next attempt, where one is planned
  number: 0,          // which attempt that will be
  seen: false,        // whether a picture was seen since the page was opened
  since: null,        // Date of the loss
});

/** What changes besides the name, by event; `details` is what the event carries. */
const CHANGES = {
  ticket_given: () => ({ message: "" }),
  connected: () => ({ message: "", failures: 0, seen: true, since: null }),
  lost: (state, { at }) => ({ message: "", since: at }),
  no_call: (state, { at }) => ({ message: "", failures: state.name === "asking" ? state.failures + 1 : 0,
    since: state.since ?? at }),
  call_held: () => ({ message: "" }),
  again: () => ({ message: "" }),
  planned: (_state, { due, number }) => ({ due, number }),
  refused: (state, { message, retry = false }) => ({ message, retry, failures: state.failures + 1 }),
  unreachable: (state, { message }) => ({ trouble: message, failures: state.failures + 1 }),
  ended: (state, { message = "" }) => ({ message }),
};

/** The state after `event` ({kind, ...details}); the same one where the event came too late. */
export function next(state, event) {
  const name = TABLE[state.name][event.kind];
  return name ? Object.freeze({ ...state, trouble: "", due: null, ...CHANGES[event.kind](state, event), name }) : state;
}

/** Milliseconds until the next look: 2 s, then doubling from the second failure on up to 10 s. */
export function pause(failures) {
  return Math.min(10_000, 2_000 * 2 ** Math.max(0, failures - 1));
}

/**
 * What `session`, as the portal describes it, means to a page in `state` that last knew the call `known` (its id
 * or null): an event, or null where it means nothing new. A page that was refused for good asks again by itself only
 * when the computer has called anew.
 */
export function eventOf(session, state, known, at) {
  if (session.state === "closed" || session.state === "expired") {
    return { kind: "ended", message: session.state === "expired" ? "The session's time is up." : "" };
  }
  if (!session.call) {
    return state.name === "connected" ? null : { kind: "no_call", at };
  }
  const sameCall = known === null || session.call.id === known;
  return staysAway(state, sameCall) ? null : { kind: "call_held" };
}

function staysAway(state, sameCall) {
  return state.name === "connected" || (state.name === "refused" && !state.retry && sameCall);
}
