// A photograph at the size that the network sees, the inside of its border, its tones stretched; as photo/preparation.py.
// A plane is {data, height, width}: lightness levels (Uint16Array) or normalised L (Float32Array).

import { preparation, recolor } from "./constants.js";
import { resized } from "./resize.js";
import { clipped, median, quantile, rounded } from "./statistics.js";

const { ALIKE, BLACK, EVEN, FAINT, LONGEST, MUCH, OVERSAMPLED, STEEPEST, STEP, TAILS, WHITE, WIDEST } = preparation;
const { L_LEVELS } = recolor;

const whole = ({ height, width }) => ({ top: 0, bottom: height, left: 0, right: width });

// Lightness levels, or a box of them → normalised L at the size for prediction.
export function shrunk(levels, side, box = whole(levels)) {
  const [height, width] = [box.bottom - box.top, box.right - box.left];
  const scale = Math.min(side / Math.min(height, width), (LONGEST * side) / Math.max(height, width));
  const [h, w] = [height, width].map((size) => Math.max(1, rounded(size * scale)));
  const down = Math.max(1, Math.floor(height / (OVERSAMPLED * h)));
  const across = Math.max(1, Math.floor(width / (OVERSAMPLED * w)));
  const rows = Math.floor(height / down);
  const columns = Math.floor(width / across);
  const row = new Float32Array(columns);
  const mean = (number) => meanOf(levels, box.top + number * down, box.left, down, across, row);
  const small = resized(mean, rows, columns, h, w);
  small.data.forEach((value, i) => (small.data[i] = clipped(value, -1, 1)));
  return small;
}

// A row of block means: `down` rows from `top`, `across` columns each from `left`, as normalised L.
function meanOf(levels, top, left, down, across, row) {
  row.fill(0);
  for (let i = 0; i < down; i++) {
    let at = (top + i) * levels.width + left;
    for (let j = 0; j < row.length; j++) for (let k = 0; k < across; k++) row[j] += levels.data[at++];
  }
  const factor = 2 / L_LEVELS / (down * across);
  for (let j = 0; j < row.length; j++) row[j] = row[j] * factor - 1;
  return row;
}

export function stretched(L) {
  const [low, high] = TAILS.map((tail) => quantile(L.data, tail / 100));
  const [black, white] = [Math.min(low, BLACK), Math.max(high, WHITE)];
  const factor = Math.min((white - black) / Math.max(high - low, 1e-6), STEEPEST);
  const spare = white - black - factor * (high - low);
  const start = black + (spare * (low + high + 2)) / 4;
  return { ...L, data: L.data.map((value) => clipped(start + factor * (value - low), -1, 1)) };
}

// The factor on the colours: 1; less for a nearly uniform photograph, 0 for a uniform one.
export function evidence(L) {
  const [low, high] = TAILS.map((tail) => quantile(L.data, tail / 100));
  return Math.min(1, (high - low) / FAINT);
}

// The inside of a border around normalised L; the whole, if it has none.
export function inside(L) {
  const { data, height, width } = L;
  const edges = [
    edge(height, width, (i, j) => data[i * width + j]),
    edge(height, width, (i, j) => data[(height - 1 - i) * width + j]),
    edge(width, height, (i, j) => data[j * width + i]),
    edge(width, height, (i, j) => data[j * width + width - 1 - i]),
  ];
  const tones = edges.filter(([count]) => count).map(([, tone]) => tone);
  if (tones.length < 2 || Math.max(...tones) - Math.min(...tones) > ALIKE) return whole(L);
  const [top, bottom, left, right] = edges.map(([count]) => count);
  return { top, bottom: height - bottom, left, right: width - right };
}

// [number of lines of a border before the inside, its tone], for lines of some length: at(line, place).
function edge(lines, length, at) {
  const most = Math.floor(lines / WIDEST);
  const corner = Math.floor(length / WIDEST);
  const count = Math.min(most + 2, lines);
  const middle = (line) => Float32Array.from({ length: length - 2 * corner }, (_, j) => at(line, corner + j));
  if (!most || length - 2 * corner <= 0) return [0, 0];
  const tone = median(middle(0));
  const off = (line) => middle(line).map((value) => Math.abs(value - tone));
  const differs = (line) => off(line).filter((value) => value > EVEN).length / (length - 2 * corner) > 0.1;
  let first = 0;
  while (first < count && !differs(first)) first++;
  if (first === 0 || first > most) return [0, 0];
  return quantile(off(Math.min(first + 1, count - 1)), MUCH) > STEP ? [first + 1, tone] : [0, 0];
}
