/** What was just created: copying, the language of its message, and paper. */

import { offerCopying } from "./copying.js";

const PLACE = "reachback.message";

/** Makes the section work; it is on the page only in the answer that made a session. */
export function offerCreated(section) {
  offerCopying(section);
  const languages = [...section.querySelectorAll("[name=message-language]")];
  const last = languages.find(({ value }) => value === localStorage.getItem(PLACE));
  if (last) last.checked = true;
  for (const language of languages) language.addEventListener("change", () => localStorage.setItem(PLACE, language.value));
  for (const button of section.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  section.focus();
}
