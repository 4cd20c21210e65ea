// Colours that a person knows: checked, and as a map for the network; as photo/hints.py, which explains it.

import { abOf } from "./color.js";
import { hints as constants } from "./constants.js";
import { InputError } from "./errors.js";
import { clipped } from "./statistics.js";
import { inverse } from "./vividness.js";

const { KEEP, MOST, PALEST } = constants;

// {x, y, a, b}: a place in pixels of the photograph, and the normalised a and b there.
// css(text): the [r, g, b] of a CSS colour, or null.
export function hint({ x, y, color }, css) {
  if (![x, y].every((place) => Number.isFinite(place) && place >= 0)) {
    throw new InputError(`hint ${x},${y}: x and y must be pixels from the upper left corner`);
  }
  if (color === KEEP) return { x, y, a: 0, b: 0 };
  const rgb = css(color);
  if (!rgb) throw new InputError(`hint ${x},${y}: ${String(color).slice(0, 40)} is not a colour`);
  const [a, b] = abOf(rgb);
  return { x, y, a, b };
}

// Each place once. Throws for a place outside, and for two colours at one place.
export function checked(hints, { height, width }) {
  if (hints.length > MOST) throw new InputError(`${hints.length} hints; a photograph takes at most ${MOST}`);
  const found = new Map();
  for (const one of hints) {
    if (!(one.x < width && one.y < height)) {
      throw new InputError(`hint ${one.x},${one.y}: outside the photograph of ${width}×${height} pixels`);
    }
    const place = `${Math.floor(one.x)},${Math.floor(one.y)}`;
    const known = found.get(place) ?? one;
    if (["x", "y", "a", "b"].some((key) => known[key] !== one[key])) {
      throw new InputError(`hint ${one.x},${one.y}: two colours for one place; leave one out`);
    }
    found.set(place, known);
  }
  return [...found.values()];
}

// A map for the network, planes [known, a, b]: each hint covers a square of `size`. scale: [down, across].
export function mapOf(hints, scale, { height, width }, curve, size) {
  const planes = [0, 1, 2].map(() => new Float32Array(height * width));
  const reach = Math.floor(size / 2);
  const before = { ...curve, gain: Math.max(curve.gain, PALEST) };
  for (const { x, y, a, b } of hints) {
    const [row, column] = [Math.floor(y * scale[0]), Math.floor(x * scale[1])];
    const values = [1, ...inverse([a, b], before).map((value) => clipped(value, -1, 1))];
    for (let i = Math.max(0, row - reach); i <= Math.min(height - 1, row + reach); i++) {
      for (let j = Math.max(0, column - reach); j <= Math.min(width - 1, column + reach); j++) {
        values.forEach((one, c) => (planes[c][i * width + j] = one));
      }
    }
  }
  return { planes, height, width };
}

// The part of planes inside a box.
export function cut({ planes, width }, { top, bottom, left, right }) {
  const rows = Array.from({ length: bottom - top }, (_, i) => (top + i) * width);
  const parts = planes.map((plane) => Float32Array.from(rows.flatMap((row) => [...plane.subarray(row + left, row + right)])));
  return { planes: parts, height: bottom - top, width: right - left };
}

// A map of hints at another size: known where any part of a cell is.
export function fitted(map, shape) {
  const [known, a, b] = means(map, shape).planes;
  const colour = (plane) => plane.map((value, i) => value / Math.max(known[i], 1e-6));
  return { planes: [known.map((share) => Number(share > 0)), colour(a), colour(b)], ...shape };
}

// Planes at another size: the mean of all pixels that touch a cell.
export function means({ planes, height, width }, shape) {
  const [down, across] = [cells(height, shape.height), cells(width, shape.width)];
  return { planes: planes.map((plane) => meansOf(plane, width, down, across)), height: shape.height, width: shape.width };
}

// The pixels, [first, after the last], that each of `count` cells touches.
function cells(size, count) {
  const last = (i) => Math.ceil(((i + 1) * size) / count);
  return Array.from({ length: count }, (_, i) => [Math.floor((i * size) / count), last(i)]);
}

function meansOf(plane, width, down, across) {
  const found = new Float32Array(down.length * across.length);
  down.forEach(([top, bottom], i) =>
    across.forEach(([left, right], j) => {
      let sum = 0;
      for (let row = top; row < bottom; row++) for (let k = left; k < right; k++) sum += plane[row * width + k];
      found[i * across.length + j] = sum / ((bottom - top) * (right - left));
    }),
  );
  return found;
}

// The centres of the hinted pixels, [x, y] from -1 to 1 between the photograph's edges.
export function placesOf(hints, { height, width }) {
  const centre = (place, size) => (2 * (Math.floor(place) + 0.5)) / size - 1;
  return hints.map(({ x, y }) => [centre(x, width), centre(y, height)]);
}

// The four pixels around a place and their weights, to interpolate linearly: [[pixel, weight], …].
export function around([x, y], { height, width }) {
  const at = (place, size) => clipped(((place + 1) * size) / 2 - 0.5, 0, size - 1);
  const [column, row] = [at(x, width), at(y, height)];
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
  const [across, down] = [column - left, row - top];
  return [
    [top * width + left, (1 - across) * (1 - down)],
    [top * width + right, across * (1 - down)],
    [bottom * width + left, (1 - across) * down],
    [bottom * width + right, across * down],
  ];
}

// A plane, interpolated at a place.
export const valueAt = (plane, place, shape) => around(place, shape).reduce((sum, [at, weight]) => sum + weight * plane[at], 0);
