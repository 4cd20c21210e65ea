// Find several photographs on one scan: rectangles, perhaps tilted a little, on a page; as photo/sheet.py, which explains it.

import { recolor, sheet } from "./constants.js";
import { regions } from "./gutters.js";
import { clipped, median, quantile } from "./statistics.js";

const { CELLS, CHANGE, CLUTTER, COARSE, CONTINUED, COVERED, CROOKED, FEWEST, FINE, INSET, LEAST, LIKE, LONGEST } = sheet;
const { MOST, NEAR, NOISE, OFF, PAGE, PICTURE, RING, ROUGH, SIDES, SMALLEST, STRAIGHT, USUAL } = sheet;

// A photograph's part of its box of a shape, as a mask of a size.
export function tiltedMask(slope, shape, { height, width }) {
  const tilt = Math.abs(slope);
  const wide = (shape.width - tilt * shape.height) / (1 - tilt ** 2);
  const tall = (shape.height - tilt * shape.width) / (1 - tilt ** 2);
  const data = new Uint8Array(height * width);
  for (let i = 0; i < height; i++) {
    const y = ((i + 0.5) / height - 0.5) * shape.height;
    for (let j = 0; j < width; j++) {
      const x = ((j + 0.5) / width - 0.5) * shape.width;
      data[i * width + j] = Math.abs(x + slope * y) < wide / 2 && Math.abs(y - slope * x) < tall / 2;
    }
  }
  return { data, height, width };
}

// The photographs of a page of lightness levels: [{box, slope, straight}]; empty for a single one.
export function photographs(levels) {
  const { height, width } = levels;
  const [shorter, longer] = [Math.min(height, width), Math.max(height, width)];
  if (shorter < CELLS || longer > LONGEST * shorter) return [];
  const step = Math.max(1, Math.floor(shorter / COARSE));
  const sideFor = (count) => Math.max(1, Math.floor(Math.ceil(shorter / step) / count));
  let side = sideFor(CELLS);
  let cells = cellsOf(levels, step, side);
  let found = onPage(cells);
  if (!found.length) {
    side = sideFor(FINE);
    cells = cellsOf(levels, step, side);
    found = between(cells);
  }
  if (!found.length || continued(cells, found) >= CONTINUED) return [];
  const full = (edge, most) => Math.min(edge * step * side, most);
  return found.map(({ box: { top, bottom, left, right }, ...rest }) => ({
    box: { top: full(top, height), bottom: full(bottom, height), left: full(left, width), right: full(right, width) },
    ...rest,
  }));
}

// The photographs in cells of a page with a margin; else empty.
function onPage(cells) {
  const tone = toneOf(cells);
  if (!tone) return [];
  const page = cells.means.map((mean, at) => Math.abs(mean - tone[0]) <= tone[1] && cells.ranges[at] <= ROUGH);
  return rectangles({ ...cells, page });
}

// The photographs in cells between gutters, which fill a page to its edges; else empty.
function between(cells) {
  const boxes = regions(cells);
  if (boxes.length < 2 || boxes.length > MOST || !ofOneSize(boxes)) return [];
  return boxes.map((box) => ({ box, slope: 0, straight: true }));
}

// Mean and range of normalised L in cells of side × side of every step-th pixel.
function cellsOf({ data, height, width }, step, side) {
  const [rows, columns] = [height, width].map((size) => Math.floor(Math.ceil(size / step) / side));
  const [means, ranges] = [new Float32Array(rows * columns), new Float32Array(rows * columns)];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let [sum, low, high] = [0, recolor.L_LEVELS, 0];
      for (let k = 0; k < side; k++) {
        for (let l = 0; l < side; l++) {
          const value = data[(i * side + k) * step * width + (j * side + l) * step];
          sum += value;
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
      means[i * columns + j] = (sum * 2) / recolor.L_LEVELS / side ** 2 - 1;
      ranges[i * columns + j] = ((high - low) * 2) / recolor.L_LEVELS;
    }
  }
  return { means, ranges, rows, columns };
}

// The tone of the page around photographs, and its deviation: [tone, deviation]; null without a margin.
function toneOf({ means, rows, columns }) {
  const line = (start, step, count) => Float32Array.from({ length: count }, (_, k) => means[start + k * step]);
  const margins = [line(0, 1, columns), line((rows - 1) * columns, 1, columns)];
  margins.push(line(columns, columns, rows - 2), line(2 * columns - 1, columns, rows - 2));
  const ring = Float32Array.from(margins.flatMap((each) => [...each]));
  const own = median(ring);
  const off = ring.map((value) => Math.abs(value - own));
  return off.filter((value) => value <= NEAR).length / off.length >= RING ? [own, tolerance(off)] : null;
}

const tolerance = (deviations) => clipped(NOISE * quantile(deviations, USUAL), LEAST, NEAR);

// Boxes in cells and slopes of the photographs, if all that is not page is photographs; else empty.
function rectangles({ page, rows, columns }) {
  const { labels, count } = components(page, rows, columns);
  const areas = new Uint32Array(count + 1);
  labels.forEach((label) => areas[label]++);
  const large = [...areas.keys()].filter((number) => number && areas[number] >= SMALLEST * labels.length);
  const total = large.reduce((sum, number) => sum + areas[number], 0);
  if (large.length < 2 || large.length > MOST) return [];
  if (labels.length - areas[0] - total > CLUTTER * labels.length) return [];
  const found = large.map((number) => rectangle(labels, number, columns));
  if (found.filter(({ straight }) => straight).length < Math.max(2, STRAIGHT * found.length)) return [];
  const boxes = found.map(({ box }) => box);
  const covered = areasOf(boxes).reduce((sum, area) => sum + area, 0);
  return covered >= COVERED * labels.length && ofOneSize(boxes) ? found : [];
}

const areasOf = (boxes) => boxes.map((box) => (box.bottom - box.top) * (box.right - box.left));

const ofOneSize = (boxes) => Math.max(...areasOf(boxes)) <= LIKE * Math.min(...areasOf(boxes));

// How far the scene of a box goes on in its neighbours: the mean correlation of changes along facing sides.
function continued({ means, rows, columns }, found) {
  const boxes = found.map(({ box }) => box);
  const turned = boxes.map(({ top, bottom, left, right }) => ({ top: left, bottom: right, left: top, right: bottom }));
  const pairs = [...facing((i, j) => means[i * columns + j], boxes), ...facing((i, j) => means[j * columns + i], turned)];
  return pairs.length ? pairs.reduce((sum, value) => sum + value, 0) / pairs.length : 0;
}

// For each box and the next one on its right: the correlation of the changes down their facing sides.
function facing(at, boxes) {
  const found = [];
  for (const one of boxes) {
    const right = boxes.filter((other) => other.left >= one.right - INSET && shared(one, other) >= STRAIGHT);
    if (!right.length) continue;
    const other = right.reduce((best, box) => (box.left < best.left ? box : best));
    const [top, bottom] = [Math.max(one.top, other.top), Math.min(one.bottom, other.bottom)];
    const changes = [one.right - 1 - INSET, other.left + INSET].map((column) =>
      Float64Array.from({ length: bottom - top - CHANGE }, (_, k) => at(top + k + CHANGE, column) - at(top + k, column)),
    );
    const correlation = correlated(...changes);
    if (Number.isFinite(correlation)) found.push(correlation);
  }
  return found;
}

function correlated(x, y) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const both = mean(x.map((value, k) => (value - mx) * (y[k] - my)));
  return both / Math.sqrt(mean(x.map((value) => (value - mx) ** 2)) * mean(y.map((value) => (value - my) ** 2)));
}

// The rows that two boxes share, as a share of the lower one's.
function shared(one, other) {
  const rows = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return rows / Math.min(one.bottom - one.top, other.bottom - other.top);
}

// The parts of what the page around does not reach: labels from 1, 0 for the page; their number.
function components(page, rows, columns) {
  const row = columns + 2;
  const cells = new Int32Array((rows + 2) * row).fill(PAGE);
  const inner = (i, j) => (i + 1) * row + j + 1;
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) if (!page[i * columns + j]) cells[inner(i, j)] = PICTURE;
  flood(cells, 0, 0, row);
  cells.forEach((cell, at) => cell === PAGE && (cells[at] = PICTURE));
  let count = 0;
  for (let at = 0; at < cells.length; at++) if (cells[at] === PICTURE) flood(cells, at, ++count, row);
  const labels = new Int32Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) labels[i * columns + j] = cells[inner(i, j)];
  return { labels, count };
}

function flood(cells, start, label, row) {
  const [value, edge] = [cells[start], [start]];
  cells[start] = label;
  while (edge.length) {
    const at = edge.pop();
    for (const near of [at - row, at - 1, at + 1, at + row]) {
      if (cells[near] === value) {
        cells[near] = label;
        edge.push(near);
      }
    }
  }
}

// A part of the page in cells, and whether it is a rectangle.
function rectangle(labels, number, columns) {
  let [top, bottom, left, right] = [Infinity, 0, Infinity, 0];
  labels.forEach((label, at) => {
    if (label !== number) return;
    const [i, j] = [Math.floor(at / columns), at % columns];
    [top, bottom, left, right] = [Math.min(top, i), i + 1, Math.min(left, j), Math.max(right, j + 1)];
  });
  const box = { top, bottom, left, right };
  const [height, width] = [bottom - top, right - left];
  if (Math.min(height, width) < FEWEST) return { box, slope: 0, straight: false };
  const is = (i, j) => labels[(top + i) * columns + left + j] === number;
  const sides = [
    [sideOf(height, width, (i, j) => is(i, j)), -1],
    [sideOf(height, width, (i, j) => is(i, width - 1 - j)), 1],
    [sideOf(width, height, (i, j) => is(j, i)), 1],
    [sideOf(width, height, (i, j) => is(height - 1 - j, i)), -1],
  ];
  const slopes = Float64Array.from(sides.filter(([{ share }]) => share >= STRAIGHT).map(([{ slope }, sign]) => sign * slope));
  const crooked = Math.max(...slopes.map(Math.abs)) > CROOKED || Math.max(...slopes) - Math.min(...slopes) > CROOKED;
  if (slopes.length < SIDES || crooked) return { box, slope: 0, straight: false };
  return { box, slope: median(slopes), straight: true };
}

// The slope of a part's left edge, cells to the right per row down, and the share of rows that fit the line.
function sideOf(rows, columns, is) {
  const skipped = Math.max(1, Math.floor(rows / 8));
  const first = Float64Array.from({ length: rows - 2 * skipped }, (_, k) => {
    for (let j = 0; j < columns; j++) if (is(skipped + k, j)) return j;
    return 0;
  });
  const half = Math.floor(first.length / 2);
  const rest = first.length - half;
  const slope = median(Float64Array.from({ length: half }, (_, k) => (first[rest + k] - first[k]) / rest));
  const offset = median(first.map((place, k) => place - slope * k));
  return { slope, share: first.filter((place, k) => Math.abs(place - slope * k - offset) <= OFF).length / first.length };
}
