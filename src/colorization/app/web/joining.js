// Join the network's answer to hints with the hints themselves; as `guided` of app/photo/guide.py and `influence` and
// `correction` of app/photo/hints.py, which explain it.

import { color, hints as constants, influence as limits, recolor } from "./constants.js";
import { guide } from "./guide.js";
import { around, placesOf, valueAt } from "./hints.js";
import { clipped } from "./statistics.js";

const { REACH, RIDGE, SIMILAR } = constants;
const { AB_SCALE } = color;

// Slope and offset of `guide`, with the hinted colours. plain, told: ab without the hints and with them.
export function guided(levels, L, plain, told, hints) {
  const scaled = (planes) => planes.map((plane) => plane.map((value) => value * AB_SCALE));
  if (!hints.length) return guide(L, { ...plain, planes: scaled(plain.planes) });
  const places = placesOf(hints, levels);
  const counts = influence(L, places);
  const ab = plain.planes.map((plane, c) => plane.map((value, i) => value + counts[i] * (told.planes[c][i] - value)));
  const wanted = hints.map(({ a, b }) => [a, b]);
  const spread = prepare(L, places);
  const missing = wanted.map((one, k) => one.map((value, c) => value - valueAt(ab[c], places[k], L)));
  const { slope, offset } = guide(L, { ...plain, planes: scaled(added(ab, spread(missing))) });
  const rest = wanted.map((one, k) => {
    const { x, y } = hints[k];
    const light = (levels.data[Math.floor(y) * levels.width + Math.floor(x)] * 2) / recolor.L_LEVELS - 1;
    const found = (c) => valueAt(slope.planes[c], places[k], L) * light + valueAt(offset.planes[c], places[k], L);
    return one.map((value, c) => value * AB_SCALE - found(c));
  });
  return { slope, offset: { ...offset, planes: added(offset.planes, spread(rest)) } };
}

const added = (planes, others) => planes.map((plane, c) => plane.map((value, i) => value + others[c][i]));

// Where the network's answer to hints counts, from 1 to 0.
export function influence(L, places) {
  const counts = new Float32Array(L.data.length);
  for (const place of places) {
    const { squared, unlike } = apart(L, place);
    for (let at = 0; at < counts.length; at++) {
      const far = beyond(Math.sqrt(squared(at)), limits.NEAR) * beyond(Math.abs(unlike(at)), limits.ALIKE);
      counts[at] = Math.max(counts[at], 1 - far);
    }
  }
  return counts;
}

function beyond(x, [start, end]) {
  if (x <= start) return 0;
  const share = clipped((x - start) / (end - start), 0, 1);
  return share * share * (3 - 2 * share);
}

// From a place to a pixel: squared distance as a share of the shorter side, and step in L.
function apart(L, [x, y]) {
  const { data, height, width } = L;
  const [column, row] = [((x + 1) * width) / 2 - 0.5, ((y + 1) * height) / 2 - 0.5];
  const light = valueAt(data, [x, y], L);
  const side = Math.min(height, width) ** 2;
  return {
    squared: (at) => (((at % width) - column) ** 2 + (Math.floor(at / width) - row) ** 2) / side,
    unlike: (at) => data[at] - light,
  };
}

// `correction` for any errors at the same places: errors → what to add to each plane.
export function prepare(L, places) {
  const weights = places.map((place) => {
    const { squared, unlike } = apart(L, place);
    return (at) => Math.exp(-squared(at) / (2 * REACH ** 2) - unlike(at) ** 2 / (2 * SIMILAR ** 2));
  });
  const near = places.map((place) => around(place, L));
  const system = near.map((four, k) =>
    weights.map((weight, j) => four.reduce((sum, [at, share]) => sum + share * weight(at), 0) + (j === k ? RIDGE : 0)),
  );
  return (errors) => {
    const factors = solved(system, errors);
    const planes = errors[0].map(() => new Float32Array(L.data.length));
    weights.forEach((weight, k) => {
      for (let at = 0; at < L.data.length; at++) {
        const value = weight(at);
        planes.forEach((plane, c) => (plane[at] += factors[k][c] * value));
      }
    });
    return planes;
  };
}

// Solve a system of linear equations for several right sides, by Gaussian elimination with pivots.
export function solved(matrix, right) {
  const rows = matrix.map((row, k) => Float64Array.of(...row, ...right[k]));
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    let pivot = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i][k] / rows[k][k];
      if (factor) for (let j = k; j < rows[k].length; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    for (let j = size; j < rows[k].length; j++) {
      for (let i = k + 1; i < size; i++) rows[k][j] -= rows[k][i] * rows[i][j];
      rows[k][j] /= rows[k][k];
    }
  }
  return rows.map((row) => [...row.subarray(size)]);
}
