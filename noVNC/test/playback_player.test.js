import assert from "node:assert/strict";
import { test } from "node:test";

import { Index } from "../src/playback/index.js";
import { Player } from "../src/playback/player.js";
import { Tape } from "../src/playback/tape.js";
import { FakePicture } from "./fakes/picture.js";
import { PortalFile } from "./fakes/portal_file.js";
import { data, end, file, head, refresh, whole } from "./fakes/recordings.js";

const HEAD = head();
const FIRST = 8 + HEAD.length;

/** A second each, and a second refresh point whose picture is whole at 5.5 s. */
function busy({ gap = 0 } = {}) {
  const before = [HEAD, refresh(0, [100]), data(500, 1), whole(600, FIRST), data(1000, 2), data(2000, 3), data(3000, 4)];
  const second = file(...before).length;
  const after = [
    refresh(5000, [200], { gap, previous: FIRST }), data(5200, 5), whole(5500, second), data(6000, 6), data(7000, 7),
    end(8000),
  ];
  const points = [{ at: 0, offset: FIRST, whole_at: 600 }, { at: 5000, offset: second, whole_at: 5500 }];
  return { bytes: file(...before, ...after), points, milliseconds: 8000 };
}

function played({ bytes, points, milliseconds }, portal = new PortalFile(bytes)) {
  const world = { time: 0, tasks: [], told: [] };
  const picture = new FakePicture();
  const index = new Index({ milliseconds, points, finished: true, activity: [], slot_ms: 1000, gaps: [] });
  const player = new Player({
    index,
    picture,
    tape: new Tape({ fetch: portal.fetch, url: "/file" }),
    tell: () => world.told.push(player.state),
    now: () => world.time,
    later: (task) => world.tasks.push(task),
  });
  /** Lets so many milliseconds pass, 20 at a time. */
  const pass = async (milliseconds_) => {
    for (let left = milliseconds_; left > 0; left -= 20) {
      world.time += 20;
      await Promise.all(world.tasks.splice(0).map((task) => task()));
    }
  };
  return { player, picture, pass, portal, told: world.told };
}

test("a moment shows what was there: all bytes since the nearest refresh point whose picture is whole", async () => {
  const { player, picture } = played(busy());
  const seen = {};
  for (const moment of [0, 700, 2500, 5600, 5400, 8000, 100]) {
    await player.seek(moment);
    seen[moment] = picture.shown;
  }
  assert.deepEqual(seen, {
    0: [100], 100: [100], 700: [100, 1], 2500: [100, 1, 2, 3], 5400: [100, 1, 2, 3, 4, 5], 5600: [200, 5],
    8000: [100, 1, 2, 3, 4, 5, 6, 7],
  });
  assert.equal(player.state, "paused");
});

test("the picture as it was is held until the next one is whole", async () => {
  const { player, picture } = played(busy());
  await player.seek(700);
  picture.log = [];
  await player.seek(6500);
  assert.deepEqual(picture.log, ["hold", "begin 4x3 Kasse ✓", "200", "5", "6", "drawn", "show"]);
});

test("a little later is fed on, without another beginning", async () => {
  const { player, picture } = played(busy());
  await player.seek(700);
  picture.log = [];
  await player.seek(2500);
  assert.deepEqual(picture.log, ["2", "3", "drawn", "show"]);
});

test("it plays in time, at any speed, and ends", async () => {
  for (const speed of [0.5, 1, 4, 16]) {
    const { player, picture, pass } = played(busy());
    player.skipsIdle = false;
    player.speed = speed;
    await player.seek(0);
    player.play();
    await pass(2500 / speed);
    assert.deepEqual(picture.shown, [100, 1, 2, 3], `at ${speed}`);
    assert.equal(player.state, "playing");
    await pass(6000 / speed);
    assert.deepEqual(picture.shown, [100, 1, 2, 3, 4, 5, 6, 7]);
    assert.equal(player.state, "ended");
    assert.equal(player.position, 8000);
  }
});

test("pausing stands still, playing goes on, and after the end it begins anew", async () => {
  const { player, pass } = played(busy());
  await player.seek(0);
  player.turn();
  await pass(1000);
  player.turn();
  await pass(1000);
  const { position } = player;
  assert.ok(Math.abs(position - 1000) <= 40, `${position}`);
  assert.equal(player.state, "paused");
  player.turn();
  await pass(20_000);
  assert.equal(player.state, "ended");
  player.turn();
  await pass(100);
  assert.ok(player.position < 200);
});

test("idle stretches are jumped over, where that is wanted", async () => {
  const quiet = { bytes: file(HEAD, refresh(0, [100]), whole(10, FIRST), data(60_000, 1), end(120_000)),
    points: [{ at: 0, offset: FIRST, whole_at: 10 }], milliseconds: 120_000 };
  const { player, picture, pass } = played(quiet);
  await player.seek(0);
  player.play();
  await pass(1000);
  assert.ok(player.position >= 59_500 && player.position < 60_000, `${player.position}`);
  await pass(600);
  assert.deepEqual(picture.shown, [100, 1]);
  await pass(2500);
  assert.equal(player.state, "ended");
});

test("after a gap the next picture is seen when it is whole", async () => {
  const { player, picture, pass } = played(busy({ gap: 1 }));
  player.skipsIdle = false;
  await player.seek(3500);
  player.play();
  await pass(1800);
  assert.deepEqual(picture.shown, [100, 1, 2, 3, 4]);
  await pass(400);
  assert.deepEqual(picture.shown, [200, 5]);
});

test("a moment in a gap, before the next picture is whole, shows the last one that was", async () => {
  const { player, picture } = played(busy({ gap: 1 }));
  await player.seek(5300);
  assert.deepEqual(picture.shown, [100, 1, 2, 3, 4]);
});

test("while one moment is looked for, only the last wish counts", async () => {
  const { player, picture } = played(busy());
  const first = player.seek(700);
  void player.seek(2500);
  void player.seek(6500);
  assert.equal(player.state, "seeking");
  assert.equal(player.position, 6500);
  await first;
  assert.deepEqual(picture.shown, [200, 5, 6]);
  assert.equal(picture.log.filter((line) => line.startsWith("begin")).length, 2);
});

test("what is told is seeking until the picture is there, also at the end", async () => {
  const { player, told } = played(busy());
  await player.seek(Infinity);
  assert.deepEqual(told, ["seeking", "ended"]);
});

test("the clock waits for a picture that is drawn more slowly", async () => {
  const { player, picture, pass } = played(busy());
  await player.seek(1000);
  picture.backlog = 5 * 1024 * 1024;
  player.play();
  await pass(3000);
  assert.equal(player.state, "waiting");
  assert.ok(player.position < 1100);
  picture.backlog = 0;
  await pass(1200);
  assert.equal(player.state, "playing");
});

test("where noVNC gave up, the next refresh point is begun at", async () => {
  const { player, picture, pass } = played(busy());
  player.skipsIdle = false;
  await player.seek(3500);
  picture.isLost = true;
  player.play();
  await pass(2400);
  assert.deepEqual(picture.shown, [200, 5]);
});

test("a file that is torn plays up to the tear", async () => {
  const { bytes, points } = busy();
  const torn = { bytes: bytes.subarray(0, bytes.length - 60), points, milliseconds: 6000 };
  const { player, picture, pass } = played(torn);
  await player.seek(0);
  player.play();
  await pass(10_000);
  assert.deepEqual(picture.shown, [100, 1, 2, 3, 4, 5, 6]);
  assert.equal(player.state, "ended");
  assert.equal(player.trouble, "");
});

test("a damaged refresh point is said, and other moments can be seen", async () => {
  const { bytes, points, milliseconds } = busy();
  const damaged = bytes.slice();
  damaged.fill(0xff, points[1].offset + 9 + 15 + 9, points[1].offset + 9 + 15 + 9 + 6);
  const { player, picture } = played({ bytes: damaged, points, milliseconds });
  await player.seek(6000);
  assert.equal(player.state, "broken");
  assert.match(player.trouble, /damaged/);
  await player.seek(2500);
  assert.deepEqual(picture.shown, [100, 1, 2, 3]);
  assert.equal(player.trouble, "");
});

test("a network that is gone is said, and playing again tries again", async () => {
  const made = busy();
  const portal = new PortalFile(made.bytes);
  portal.reachable = false;
  const { player, picture, pass } = played(made, portal);
  await player.seek(1500);
  assert.match(player.trouble, /cannot be fetched/);
  portal.reachable = true;
  player.play();
  await pass(1000);
  assert.equal(player.trouble, "");
  assert.deepEqual(picture.shown, [100, 1, 2, 3]);
});

