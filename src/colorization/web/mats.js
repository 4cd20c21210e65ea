// Find a mat around a picture, and fill it with its mirror image for the network; as photo/mats.py, which explains it.
// A mask is {data: Uint8Array, height, width}.

import { mats } from "./constants.js";
import { median, rounded } from "./statistics.js";

const { CORNER, EVEN, EXPONENTS, FITS, LARGEST, LEAST, NOISE, SMALLEST, SPAN, STEPS, STRAY } = mats;

export function boxOf({ y, x, halfHeight, halfWidth }, { height, width }) {
  return {
    top: Math.max(0, rounded(y - halfHeight)),
    bottom: Math.min(height, rounded(y + halfHeight) + 1),
    left: Math.max(0, rounded(x - halfWidth)),
    right: Math.min(width, rounded(x + halfWidth) + 1),
  };
}

export const fittedTo = (shape, { height, width }) => ({
  ...shape, y: (height - 1) / 2, x: (width - 1) / 2, halfHeight: height / 2, halfWidth: width / 2,
});

// The pixels that lie inside by more than `rim` pixels.
export function maskOf({ y, x, halfHeight, halfWidth, upper, lower }, { height, width }, rim = 0) {
  const data = new Uint8Array(height * width);
  for (let i = 0; i < height; i++) {
    const n = i < y ? upper : lower;
    const down = (Math.abs(i - y) / Math.max(halfHeight - rim, 0.5)) ** n;
    for (let j = 0; j < width; j++) data[i * width + j] = (Math.abs(j - x) / Math.max(halfWidth - rim, 0.5)) ** n + down < 1;
  }
  return { data, height, width };
}

// The distance of each pixel of a size from the centre of a shape: 1 on the edge.
export function distances({ y, x, halfHeight, halfWidth, upper, lower }, { height, width }) {
  const data = new Float64Array(height * width);
  for (let i = 0; i < height; i++) {
    const n = i < y ? upper : lower;
    const down = (Math.abs(i - y) / halfHeight) ** n;
    for (let j = 0; j < width; j++) data[i * width + j] = ((Math.abs(j - x) / halfWidth) ** n + down) ** (1 / n);
  }
  return data;
}

// The inside of a mat around normalised L; null without one. fits: intersection / union of the inside and a shape.
export function opening({ data, height, width }, fits = FITS) {
  const size = Math.max(2, rounded(CORNER * Math.min(height, width)));
  if (Math.min(height, width) < 8 * size) return null;
  const corners = [0, height - size].flatMap((top) =>
    [0, width - size].map((left) =>
      Float32Array.from({ length: size * size }, (_, k) => data[(top + Math.floor(k / size)) * width + left + (k % size)]),
    ),
  );
  const tone = median(Float32Array.from(corners, median));
  const deviation = Math.max(...corners.flatMap((corner) => [...corner].map((value) => Math.abs(value - tone))));
  if (deviation > EVEN) return null;
  const even = data.map((value) => Math.abs(value - tone) <= Math.max(NOISE * deviation, LEAST));
  const picture = { data: notFromEdges(even, height, width), height, width };
  const share = 1 - picture.data.reduce((sum, value) => sum + value, 0) / picture.data.length;
  const rows = extent(picture, height, width, width, 1);
  const columns = extent(picture, width, height, 1, width);
  const span = Math.min((rows[1] - rows[0]) / height, (columns[1] - columns[0]) / width);
  if (!(SMALLEST < share && share < LARGEST) || span < SPAN) return null;
  return fitting(picture, rows, columns, fits);
}

// The shape that fits best in rows and columns; null if none fits or a rectangle does.
function fitting(picture, rows, columns, fits) {
  const [halfHeight, halfWidth] = [rows, columns].map(([from, to]) => (to - from) / 2);
  const [y, x] = [rows, columns].map(([from, to]) => (from + to - 1) / 2);
  const masks = EXPONENTS.map((n) => maskOf({ y, x, halfHeight, halfWidth, upper: n, lower: n }, picture).data);
  const middle = Math.floor((rows[0] + rows[1]) / 2) * picture.width;
  const best = [[0, middle], [middle, picture.data.length]].map(([from, to]) => {
    const misses = masks.map((mask) => {
      let sum = 0;
      for (let at = from; at < to; at++) sum += mask[at] !== picture.data[at];
      return sum;
    });
    return EXPONENTS[misses.indexOf(Math.min(...misses))];
  });
  const shape = { y, x, halfHeight, halfWidth, upper: best[0], lower: best[1] };
  const found = maskOf(shape, picture).data;
  let [both, either] = [0, 0];
  found.forEach((value, at) => ((both += value & picture.data[at]), (either += value | picture.data[at])));
  return both / either >= fits && Math.min(...best) < EXPONENTS.at(-1) ? shape : null;
}

// 0 for the even pixels that an edge reaches along a row or a column of even pixels, else 1.
function notFromEdges(even, height, width) {
  const picture = new Uint8Array(even.length).fill(1);
  const reach = (start, step, count) => {
    for (let k = 0, at = start; k < count && even[at]; k++, at += step) picture[at] = 0;
  };
  for (let i = 0; i < height; i++) {
    reach(i * width, 1, width);
    reach((i + 1) * width - 1, -1, width);
  }
  for (let j = 0; j < width; j++) {
    reach(j, width, height);
    reach((height - 1) * width + j, -width, height);
  }
  return picture;
}

// First and last + 1 of the lines of which more than STRAY is picture.
function extent({ data }, lines, length, step, along) {
  const found = [];
  for (let i = 0; i < lines; i++) {
    let sum = 0;
    for (let j = 0; j < length; j++) sum += data[i * step + j * along];
    if (sum / length > STRAY) found.push(i);
  }
  return found.length ? [found[0], found.at(-1) + 1] : [0, 0];
}

// Normalised L with the inside, which its centre sees whole, mirrored at its edge into what is outside.
export function filled(L, inside) {
  const { height, width } = L;
  const at = (y, x) => rounded(y) * width + rounded(x);
  let [top, bottom, left, right] = [height, -1, width, -1];
  inside.data.forEach((value, place) => {
    if (!value) return;
    const [i, j] = [Math.floor(place / width), place % width];
    [top, bottom, left, right] = [Math.min(top, i), i, Math.min(left, j), Math.max(right, j)];
  });
  if (bottom < 0) return L;
  const [cy, cx] = [(top + bottom) / 2, (left + right) / 2];
  const data = L.data.slice();
  inside.data.forEach((value, place) => {
    if (value) return;
    const [dy, dx] = [Math.floor(place / width) - cy, (place % width) - cx];
    let edge = 0;
    for (let step = STEPS - 1; step > 0 && !edge; step--) {
      if (inside.data[at(cy + (dy * step) / STEPS, cx + (dx * step) / STEPS)]) edge = step / STEPS;
    }
    const mirrored = Math.max(2 * edge - 1, 0);
    data[place] = L.data[at(cy + dy * mirrored, cx + dx * mirrored)];
  });
  return { ...L, data };
}
