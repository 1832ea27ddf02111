/**
 * What became of a ticket whose WebSocket closed before the desktop was there.
 *
 * websockify closes a refused connection without saying anything, so the page asks the portal; the sentence the
 * portal answers is the one shown.
 */

/** Refusals that pass by themselves: a fresh ticket may well lead to a picture. */
const PASSING = new Set(["call_replaced", "seats_full", "usable", "unreachable", "portal_error"]);

const OUT_OF_REACH = "The WebSocket service did not answer: is it running, and may this browser reach it?";

const HUNG_UP = "The connection was let in, but closed before the desktop answered.";

/**
 * The refusal to show: {kind: "refused", message, retry}.
 *
 * outcome: the portal's answer about the ticket, {code, message}. opened: whether the WebSocket had been open; then
 * the ticket was spent by this very page, and "spent" is no reason. reason: what the relay itself said, if anything.
 */
export function refusal(outcome, { opened = false, reason = "" } = {}) {
  if (reason) {
    return { kind: "refused", message: reason, retry: false };
  }
  if (opened && ["ticket_spent", "usable"].includes(outcome.code)) {
    return { kind: "refused", message: HUNG_UP, retry: true };
  }
  const message = outcome.code === "usable" ? `${outcome.message} ${OUT_OF_REACH}` : outcome.message;
  return { kind: "refused", message, retry: PASSING.has(outcome.code) };
}
