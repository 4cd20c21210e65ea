// Fit predicted colours to the photograph's edges and to hints; as photo/guide.py, which explains it.

import { color, guide as constants, recolor } from "./constants.js";
import { correction } from "./correction.js";
import { placesOf, valueAt } from "./hints.js";
import { enlarged } from "./recolor.js";

const { EPSILON, RADIUS } = constants;
const SIDE = 2 * RADIUS + 1;

// Colours of a box, at the size of the whole; no colour outside.
export function placed(ab, box, { height, width }) {
  const size = { height: box.bottom - box.top, width: box.right - box.left };
  const inside = ab.height === size.height && ab.width === size.width ? ab : enlarged(ab, size);
  const planes = inside.planes.map((plane) => {
    const found = new Float32Array(height * width);
    for (let i = 0; i < size.height; i++) {
      found.set(plane.subarray(i * size.width, (i + 1) * size.width), (box.top + i) * width + box.left);
    }
    return found;
  });
  return { planes, height, width };
}

// Slope and offset of `guide`, with the hinted colours; ab has them already, apart from what the guide smooths away.
export function guided(levels, L, ab, hints) {
  const scaled = ab.planes.map((plane) => plane.map((value) => value * color.AB_SCALE));
  const { slope, offset } = guide(L, { ...ab, planes: scaled });
  if (!hints.length) return { slope, offset };
  const places = placesOf(hints, levels);
  const missing = hints.map(({ x, y, a, b }, k) => {
    const light = (levels.data[Math.floor(y) * levels.width + Math.floor(x)] * 2) / recolor.L_LEVELS - 1;
    const found = (c) => valueAt(slope.planes[c], places[k], L) * light + valueAt(offset.planes[c], places[k], L);
    return [a, b].map((value, c) => value * color.AB_SCALE - found(c));
  });
  const added = correction(L, places, missing);
  return { slope, offset: { ...offset, planes: offset.planes.map((plane, c) => plane.map((value, i) => value + added[c][i])) } };
}

// Normalised L and ab in ab units → {slope, offset} of ab = slope · L + offset.
export function guide(L, ab) {
  const { height, width } = L;
  const mean = (plane) => boxed(plane, height, width);
  const product = (one, other) => one.map((value, i) => value * other[i]);
  const light = mean(L.data);
  const variance = mean(product(L.data, L.data)).map((value, i) => value - light[i] * light[i] + EPSILON);
  const fits = ab.planes.map((plane) => {
    const colour = mean(plane);
    const slope = mean(product(L.data, plane)).map((value, i) => (value - light[i] * colour[i]) / variance[i]);
    return [mean(slope), mean(colour.map((value, i) => value - slope[i] * light[i]))];
  });
  const part = (which) => ({ planes: fits.map((fit) => fit[which]), height, width });
  return { slope: part(0), offset: part(1) };
}

// The mean over a square of SIDE; pads by repeating the edges.
function boxed(plane, height, width) {
  const rows = new Float32Array(height * width);
  const found = new Float32Array(height * width);
  for (let i = 0; i < height; i++) {
    for (let k = -RADIUS; k <= RADIUS; k++) {
      const from = Math.min(height - 1, Math.max(0, i + k)) * width;
      for (let j = 0; j < width; j++) rows[i * width + j] += plane[from + j];
    }
  }
  for (let at = 0; at < rows.length; at++) {
    const j = at % width;
    for (let k = -RADIUS; k <= RADIUS; k++) found[at] += rows[at - j + Math.min(width - 1, Math.max(0, j + k))];
    found[at] /= SIDE ** 2;
  }
  return found;
}
