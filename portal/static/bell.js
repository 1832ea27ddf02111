/** The sound of a customer who connects: two soft strokes, made here, with no file. */

const STROKES = [[660, 0], [880, 0.18]];
const LASTS = 0.9;
const LOUD = 0.2;

let context = null;

/** Browsers let a page sound only once somebody has touched it; from then on it can. */
export function prepare() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
}

/** Whether a stroke would be heard now. */
export function canRing() {
  return context?.state === "running";
}

/** Strikes twice. */
export function ring() {
  if (!canRing()) return;
  for (const [pitch, after] of STROKES) strike(pitch, context.currentTime + after);
}

function strike(pitch, at) {
  const tone = new OscillatorNode(context, { frequency: pitch });
  const volume = new GainNode(context, { gain: 0 });
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(LOUD, at + 0.01);
  volume.gain.exponentialRampToValueAtTime(0.001, at + LASTS);
  tone.connect(volume).connect(context.destination);
  tone.start(at);
  tone.stop(at + LASTS);
}
