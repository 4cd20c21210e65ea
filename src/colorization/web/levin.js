// Spread known colours over a photograph; as hinting/levin.py, which explains it. The system of equations is solved as a
// banded one: places are numbered along the shorter side, so that neighbours have near numbers.

import { levin } from "./constants.js";

const { LEAST, SIMILAR, SMOOTHEST, STEPS, TONE, VARIANCE } = levin;

// L: a plane; known: which places are (Uint8Array); ab: two planes. → (planes of known values) → planes, spread.
export function spreading(L, known, ab, loss = 0) {
  const { height, width } = L;
  const wide = width > height;
  const band = Math.min(height, width) + 1;
  const size = height * width;
  const number = (at) => (wide ? (at % width) * height + Math.floor(at / width) : at);
  const rows = new Float64Array(size * (2 * band + 1)); // of each place: its equation, from number - band to number + band
  const start = (k) => k * (2 * band + 1) + band - k; // where the equation of number k has place 0
  for (let at = 0; at < size; at++) {
    const k = number(at);
    rows[start(k) + k] = known[at] ? 1 : 1 + loss;
    if (!known[at]) for (const [other, weight] of weightsOf(L, ab, at)) rows[start(k) + number(other)] = -weight;
  }
  const last = (k) => Math.min(size - 1, k + band);
  for (let k = 0; k < size; k++) {
    for (let i = k + 1; i <= last(k); i++) {
      const factor = rows[start(i) + k] / rows[start(k) + k];
      if (!factor) continue;
      for (let j = k + 1; j <= last(k); j++) rows[start(i) + j] -= factor * rows[start(k) + j];
      rows[start(i) + k] = factor; // for the right sides
    }
  }
  return (planes) =>
    planes.map((plane) => {
      const found = new Float64Array(size);
      for (let at = 0; at < size; at++) found[number(at)] = known[at] ? plane[at] : 0;
      for (let k = 0; k < size; k++) {
        for (let i = Math.max(0, k - band); i < k; i++) found[k] -= rows[start(k) + i] * found[i];
      }
      for (let k = size - 1; k >= 0; k--) {
        for (let j = k + 1; j <= last(k); j++) found[k] -= rows[start(k) + j] * found[j];
        found[k] /= rows[start(k) + k];
      }
      return Float64Array.from(plane, (_, at) => found[number(at)]);
    });
}

// The neighbours of a place, and their weights by lightness and colour; their sum is 1.
function weightsOf({ data, height, width }, ab, at) {
  const [row, column] = [Math.floor(at / width), at % width];
  const inside = ([i, j]) => row + i >= 0 && row + i < height && column + j >= 0 && column + j < width;
  const others = STEPS.filter(inside).map(([i, j]) => at + i * width + j);
  const Y = (place) => (data[place] + 1) / 2;
  const all = [...others, at].map(Y);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const spread = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
  const squares = others.map((other) => (Y(other) - Y(at)) ** 2);
  const variance = Math.max(VARIANCE * spread, -Math.min(...squares) / Math.log(SIMILAR), SMOOTHEST);
  const weights = others.map((other, n) => {
    const apart = ab.reduce((sum, plane) => sum + (plane[other] - plane[at]) ** 2, 0);
    return Math.max(Math.exp(-squares[n] / variance), LEAST) * Math.max(Math.exp(-apart / (2 * TONE ** 2)), LEAST);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return others.map((other, n) => [other, weights[n] / sum]);
}
