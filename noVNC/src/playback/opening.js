/** Asks the portal what is in a recording. */

import { Index } from "./index.js";

const UNREADABLE = "The recording cannot be opened. Check the network, then load this page again.";
const EMPTY = "Nothing was recorded here: it ended before the first picture came.";

/** {index}, or {trouble}: why there is nothing to play, as a sentence. fetch: as the browser's. url: the index's address. */
export async function opened(fetch, url) {
  try {
    const answer = await fetch(url);
    const said = await answer.json();
    return answer.ok ? playable(new Index(said)) : { trouble: said.error.message };
  } catch {
    return { trouble: UNREADABLE };
  }
}

function playable(index) {
  return index.isEmpty ? { trouble: EMPTY } : { index };
}
