// Add to the colours at some places, and around them; as `correction` of photo/hints.py, which explains it.

import { hints as constants } from "./constants.js";
import { around, valueAt } from "./hints.js";

const { REACH, RIDGE, SIMILAR } = constants;

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

// What to add to each plane, so that it changes by the errors [a, b] at the places.
export function correction(L, places, errors) {
  const weights = places.map((place) => {
    const { squared, unlike } = apart(L, place);
    return (at) => Math.exp(-squared(at) / (2 * REACH ** 2) - unlike(at) ** 2 / (2 * SIMILAR ** 2));
  });
  const near = places.map((place) => around(place, L));
  const system = near.map((four, k) =>
    weights.map((weight, j) => four.reduce((sum, [at, share]) => sum + share * weight(at), 0) + (j === k ? RIDGE : 0)),
  );
  const factors = solved(system, errors);
  const planes = errors[0].map(() => new Float32Array(L.data.length));
  weights.forEach((weight, k) => {
    for (let at = 0; at < L.data.length; at++) {
      const value = weight(at);
      planes.forEach((plane, c) => (plane[at] += factors[k][c] * value));
    }
  });
  return planes;
}

// Solve a system of linear equations for several right sides, by Gaussian elimination with pivots.
function solved(matrix, right) {
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
