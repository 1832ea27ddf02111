/** The sentences of the viewer page: one for every state, one for every way a ticket can fail. */

/** Hours and minutes of a Date, as the technician's own clock shows them. */
export function clockTime(date) {
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** The same, with seconds. */
export function exactTime(date) {
  return `${clockTime(date)}:${String(date.getSeconds()).padStart(2, "0")}`;
}

function waiting(state) {
  return state.seen
    ? `The call ended at ${clockTime(state.since)}. Waiting for the customer's computer to call again.`
    : "Waiting for the customer's computer.";
}

function again(state) {
  return state.seen && state.since ? `Connecting again… The connection was lost at ${clockTime(state.since)}.` : "";
}

const SENTENCES = {
  asking: (state) => again(state) || "Asking for a place…",
  connecting: (state) => again(state) || "Connecting…",
  connected: (state, { viewOnly, watching }) => {
    if (watching) {
      return "Watching. Your keys and mouse stay here.";
    }
    return viewOnly
      ? "View only. You see the desktop; your keys and mouse stay here."
      : "Connected. You see and control the desktop.";
  },
  waiting,
  lost: (state) => `The connection was lost at ${clockTime(state.since)}. Connecting again…`,
  refused: (state) => state.retry ? `${state.message} Trying again…` : state.message,
  ended: (state) => state.message || "The session ended.",
};

/** The sentence that says what the page is doing; `watching` says that another technician's hands count. */
export function sentence(state, { viewOnly = false, watching = false } = {}) {
  return SENTENCES[state.name](state, { viewOnly, watching });
}

const HINTS = {
  lost: "This is the last picture. It comes back by itself.",
  waiting: "The picture comes by itself when the computer calls.",
  ended: "The customer's computer is let go.",
};

/** What to expect, or what is in the way; empty where there is nothing to add. */
export function hint(state) {
  if (state.trouble) {
    return state.trouble;
  }
  return state.due ? `Try ${state.number} at ${exactTime(state.due)}.` : (HINTS[state.name] ?? "");
}

/** The sentence that warns, before the first picture, of a call that may be somebody else's; empty otherwise. */
export function doubt(call) {
  return call && call.confirmed === false
    ? `Not confirmed: this call came from ${call.address}, where nobody opened the customer's page. `
      + "Ask the customer what you should see before you touch anything."
    : "";
}

/** Whether the customer's connection can be read on its way; empty where there is none. */
export function wire(call) {
  return call ? (call.encrypted ? "Encrypted" : "Not encrypted") : "";
}
