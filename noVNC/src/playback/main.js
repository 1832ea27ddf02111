/** Wires the page of a recording: its parts, the portal's addresses, the browser's time. */

import { draw } from "./activity.js";
import { Controls } from "./controls.js";
import { watchKeys } from "./keys.js";
import { opened } from "./opening.js";
import { Picture } from "./picture.js";
import { Player } from "./player.js";
import { Stage } from "./stage.js";
import { Tape } from "./tape.js";

const part = (id) => document.getElementById(id);
const config = JSON.parse(part("playback-config").textContent);
const fetch = (...request) => window.fetch(...request);
const later = (task, milliseconds) => { window.setTimeout(task, milliseconds); };

function begin(index) {
  const picture = new Picture(part("screen"), { zoomed: (...how) => stage.zoomed(...how) }, later);
  const stage = new Stage(document, picture);
  const tape = new Tape({ fetch, url: config.file_url });
  const player = new Player({
    index, tape, picture, later, now: () => performance.now(), tell: () => controls.show(),
  });
  const controls = new Controls(document, { player, length: index.length, begun: new Date(config.begun_at), later });
  draw(part("activity"), index);
  watchKeys(document, player);
  void player.seek(index.first);
}

const { index, trouble } = await opened(fetch, config.index_url);
if (index) {
  begin(index);
} else {
  part("doing").textContent = trouble;
  document.documentElement.dataset.player = "broken";
}
