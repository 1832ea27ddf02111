/**
 * Who sits at the computer, from one seat's point of view: what there is to say, and what this technician may do.
 *
 * Nothing here knows the page. A deed is what the portal is asked to do with a seat: {deed, seat, word}.
 */

const WORDS = {
  ask: "Ask for control",
  withdraw: "Withdraw",
  offer: "Offer control",
  accept: "Accept",
  decline: "Decline",
  give: "Give control",
  take: "Take control",
  release: "Release control",
};

const deed = (name, { id }, word = WORDS[name]) => ({ deed: name, seat: id, word });

/** The scene that `seats` make, as the portal lists them, for whoever has the seat `own` (its number, or null). */
export function sceneOf(seats, own, { admin = false } = {}) {
  return {
    seats,
    admin,
    own: seats.find(({ id }) => id === own) ?? null,
    controller: seats.find(({ mode }) => mode === "control") ?? null,
  };
}

/** How a seat takes part, in a word or two. */
export function doing({ mode, asks, offered }) {
  if (mode === "control") {
    return "in control";
  }
  return asks ? "asks for control" : offered ? "is offered control" : "watches";
}

/** What the strip under the bar says and offers: {words, deeds, urgent}; `words` is empty where it has no reason. */
export function strip(scene) {
  const { own, seats } = scene;
  if (!own || (own.mode === "control" && seats.length === 1)) {
    return { words: "", deeds: [], urgent: false };
  }
  return { urgent: false, deeds: [], ...own.mode === "control" ? whileInControl(scene) : whileWatching(scene) };
}

/** What this technician may do with one of the seats. */
export function deedsFor(seat, scene) {
  const { own, controller } = scene;
  if (!own) {
    return [];
  }
  if (seat === own) {
    return own.mode === "control" ? [deed("release", own)] : strip(scene).deeds;
  }
  return own === controller ? toWatcher(seat) : [];
}

function toWatcher(seat) {
  if (seat.asks) {
    return [deed("give", seat), deed("decline", seat, "Not now")];
  }
  return [seat.offered ? deed("decline", seat, "Take back") : deed("offer", seat)];
}

function whileInControl({ seats }) {
  const asking = seats.filter(({ asks }) => asks);
  if (asking.length > 0) {
    const more = asking.length > 1 ? `, and ${asking.length - 1} more` : "";
    return { words: `${asking[0].technician} asks for control${more}.`, deeds: toWatcher(asking[0]), urgent: true };
  }
  const offered = seats.find((seat) => seat.offered);
  return offered
    ? { words: `You offered control to ${offered.technician}.`, deeds: toWatcher(offered) }
    : { words: "You have control." };
}

function whileWatching({ own, controller, admin }) {
  if (!controller) {
    return { words: "Nobody has control.", deeds: [deed("take", own)] };
  }
  if (own.offered) {
    return {
      words: `${controller.technician} offers you control.`, deeds: [deed("accept", own), deed("decline", own)], urgent: true,
    };
  }
  if (controller.technician === own.technician) {
    return { words: "You have control in another window.", deeds: [deed("take", own)] };
  }
  const words = own.asks
    ? `You asked for control; ${controller.technician} decides.`
    : `${controller.technician} has control, and you watch.`;
  return { words, deeds: [deed(own.asks ? "withdraw" : "ask", own), ...admin ? [deed("take", own)] : []] };
}
