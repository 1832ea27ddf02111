/** How much happened when, drawn behind the seek bar: a column for each stretch of time, hatched where nothing was recorded. */

const SVG = "http://www.w3.org/2000/svg";
const COLUMNS = 240;
const HEIGHT = 24;

/** The heights, 0 to 1, of so many columns: bytes by their logarithm, for a full screen is a thousand times a cursor. */
export function columns(activity, count = COLUMNS) {
  const width = activity.length / count;
  const sums = Array.from({ length: Math.min(count, activity.length) }, (_, column) => (
    sum(activity, width <= 1 ? column : Math.floor(column * width), width <= 1 ? column + 1 : Math.floor((column + 1) * width))
  ));
  const most = Math.log1p(Math.max(...sums, 1));
  return sums.map((bytes) => Math.log1p(bytes) / most);
}

function sum(values, from, to) {
  return values.slice(from, to).reduce((total, value) => total + value, 0);
}

/** Draws into an svg element what an Index knows. */
export function draw(svg, index) {
  const covered = Math.min(1, (index.activity.length * index.slot) / Math.max(1, index.length));
  const heights = columns(index.activity);
  svg.setAttribute("viewBox", `0 0 ${COLUMNS} ${HEIGHT}`);
  const width = heights.length ? (COLUMNS * Math.max(covered, 1 / COLUMNS)) / heights.length : 0;
  svg.replaceChildren(
    ...heights.map((height, at) => box(svg, "seek__column", at * width, height * HEIGHT, Math.max(width * 0.9, 0.2))),
    ...index.gaps.map(([from, to]) => gap(svg, from / index.length, to / index.length)),
  );
}

function gap(svg, from, to) {
  return box(svg, "seek__gap", from * COLUMNS, HEIGHT, Math.max((to - from) * COLUMNS, 0.5));
}

function box(svg, name, x, height, width) {
  const made = svg.ownerDocument.createElementNS(SVG, "rect");
  for (const [attribute, value] of Object.entries({ class: name, x, y: HEIGHT - height, width, height })) {
    made.setAttribute(attribute, value);
  }
  return made;
}
