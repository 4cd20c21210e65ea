// Colours to offer for a place of a photograph; as page/palette.py, which explains it.

import { abOf } from "./color.js";
import { color, palette, recolor } from "./constants.js";
import { colourMaps, painted } from "./recolor.js";
import { rounded } from "./statistics.js";

const { APART, BIN, CHROMA_WEIGHT, CHROMAS, EVERYWHERE, HUE_WEIGHT, HUES, NEAR, OFFERED, SIMILAR, STRENGTHS } = palette;
const { F_BLACK, F_PER_LEVEL, L_LEVELS } = recolor;

// {likely, others} as #rrggbb. colour: of `colourMaps`; small: lightness levels; x, y: the place, from 0 to 1.
export function offers(colour, small, x, y) {
  const level = at(small, x, y);
  const { ab, weights } = distribution(colour, small, x, y);
  const here = ab[Math.floor(y * colour.height) * colour.width + Math.floor(x * colour.width)];
  const turn = (2 * Math.PI) / HUES;
  const hues = Array.from({ length: HUES }, (_, i) => [Math.cos(i * turn), Math.sin(i * turn)]);
  const others = CHROMAS.flatMap((chroma) => hues.map((hue) => hue.map((part) => part * chroma)));
  return { likely: distinct(shades([here, ...modes(ab, weights)], level)), others: shades(others, level) };
}

const at = (small, x, y) => small.data[Math.floor(y * small.height) * small.width + Math.floor(x * small.width)];

// The predicted [a, b] of every place in ab units, and its weight for the place x, y.
export function distribution(colour, small, x, y) {
  const { planes, height, width } = colour;
  const [slopeX, slopeZ, offsetX, offsetZ] = planes;
  const level = at(small, x, y);
  const longer = Math.max(height, width);
  const [ab, weights] = [[], []];
  for (let i = 0, k = 0; i < height; i++) {
    for (let j = 0; j < width; j++, k++) {
      const [row, column] = [(i + 0.5) / height, (j + 0.5) / width];
      const n = at(small, column, row);
      const fy = n * F_PER_LEVEL + F_BLACK;
      ab.push([500 * (n * slopeX[k] + offsetX[k] - fy), 200 * (fy - (n * slopeZ[k] + offsetZ[k]))]);
      const squared = (((row - y) * height) / longer) ** 2 + (((column - x) * width) / longer) ** 2;
      const near = Math.exp(-squared / (2 * NEAR ** 2)) + EVERYWHERE;
      weights.push(near * Math.exp(-(((n - level) / (L_LEVELS * SIMILAR)) ** 2) / 2));
    }
  }
  return { ab, weights };
}

// The bins of the distribution, the heaviest first.
export function modes(ab, weights) {
  const bins = new Map();
  for (const [factor, share] of Object.entries(STRENGTHS)) {
    ab.forEach((colour, k) => {
      const value = colour.map((part) => part * Number(factor));
      const place = value.map((part) => rounded(part / BIN));
      const bin = bins.get(String(place)) ?? { place, mass: 0, sums: [0, 0] };
      const weight = weights[k] * share;
      bin.mass += weight;
      bin.sums = bin.sums.map((sum, i) => sum + weight * value[i]);
      bins.set(String(place), bin);
    });
  }
  const order = (one, other) => other.mass - one.mass || one.place[0] - other.place[0] || one.place[1] - other.place[1];
  return [...bins.values()].sort(order).map(({ mass, sums }) => sums.map((sum) => sum / mass));
}

// The first OFFERED of #rrggbb of one lightness that are at least APART from all before them.
export function distinct(colours) {
  const chosen = [];
  for (const colour of colours) {
    const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    const ab = abOf(rgb).map((part) => part * color.AB_SCALE);
    if (chosen.length < OFFERED && chosen.every((one) => difference(ab, one.ab) >= APART)) chosen.push({ colour, ab });
  }
  return chosen.map(({ colour }) => colour);
}

function difference(one, other) {
  const chromas = [one, other].map((ab) => Math.hypot(...ab));
  const mean = Math.sqrt(chromas[0] * chromas[1]);
  const chroma = chromas[0] - chromas[1];
  const squared = (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2;
  const hue = Math.sqrt(Math.max(squared - chroma ** 2, 0));
  return Math.hypot(chroma / (1 + CHROMA_WEIGHT * mean), hue / (1 + HUE_WEIGHT * mean));
}

// [a, b] at a lightness level → #rrggbb, each once; a colour that sRGB cannot show is made paler.
export function shades(ab, level) {
  const shape = { height: 1, width: ab.length };
  const slope = { planes: [0, 1].map(() => new Float32Array(ab.length)), ...shape };
  const offset = { planes: [0, 1].map((c) => Float32Array.from(ab, (one) => one[c])), ...shape };
  const pixels = painted({ data: new Uint16Array(ab.length).fill(level), ...shape }, colourMaps(slope, offset), 0, 1);
  const hex = (i) => `#${[...pixels.subarray(4 * i, 4 * i + 3)].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
  return [...new Set(ab.map((_, i) => hex(i)))];
}
