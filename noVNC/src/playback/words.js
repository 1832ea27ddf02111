/** Moments of a recording, and what the player does, in words. */

const SECOND = 1_000;

/** A moment, narrow: `1:05`, `1:02:03`. */
export function moment(milliseconds) {
  const { hours, minutes, seconds } = parts(milliseconds);
  const narrow = [minutes, String(seconds).padStart(2, "0")];
  return (hours ? [hours, String(minutes).padStart(2, "0"), narrow[1]] : narrow).join(":");
}

/** The same, to be heard: `1 hour 2 minutes 3 seconds`. */
export function spoken(milliseconds) {
  const said = Object.entries(parts(milliseconds))
    .filter(([, count]) => count > 0)
    .map(([unit, count]) => `${count} ${count === 1 ? unit.slice(0, -1) : unit}`);
  return said.join(" ") || "the beginning";
}

/** The time of day at a moment of a recording that began at a Date, on this browser's clock. */
export function dayTime(begun, milliseconds) {
  const at = new Date(begun.getTime() + milliseconds);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

const SENTENCES = {
  seeking: "Looking for the picture…",
  waiting: "Waiting for more of the recording…",
};

/** What the player is doing, where that is not plain to see; empty otherwise. */
export function sentence({ state, trouble }) {
  return trouble || (SENTENCES[state] ?? "");
}

function parts(milliseconds) {
  const whole = Math.floor(milliseconds / SECOND);
  return { hours: Math.floor(whole / 3600), minutes: Math.floor(whole / 60) % 60, seconds: whole % 60 };
}
