/** Who is connected to the computer, as the portal says. */

import { clockTime } from "./words.js";

/** Writes the seats of a session into the list. */
export function showPeople(page, seats) {
  const list = page.getElementById("people");
  page.getElementById("people-none").hidden = seats.length > 0;
  list.replaceChildren(...seats.map((seat) => item(page, seat)));
}

function item(page, { technician, mode, since }) {
  const made = page.createElement("li");
  const doing = mode === "control" ? "in control" : "watching";
  made.append(bold(page, technician), ` ${doing} since ${clockTime(new Date(since))}`);
  return made;
}

function bold(page, text) {
  return Object.assign(page.createElement("strong"), { textContent: text });
}
