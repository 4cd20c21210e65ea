// Join predicted colour to a photograph's own lightness at full resolution; as photo/recolor.py, which explains it.
// Colours are {planes, height, width}: Float32Arrays of a predicted map.

import { color, recolor } from "./constants.js";
import { clipped } from "./statistics.js";

const { CUBE_EDGE, F_BLACK, F_PER_LEVEL, L_LEVELS, LUMINANCE, RGB_FROM_XZ, TINY } = recolor;
const { LAB_EPSILON, LAB_KAPPA, LAB_OFFSET } = color;

// The curve of sRGB, as imaging/curve.py.
export const linear = (srgb) => (srgb > 0.04045 ? ((srgb + 0.055) / 1.055) ** 2.4 : srgb / 12.92);
const gamma = (light) => (light > 0.0031308 ? 1.055 * light ** (1 / 2.4) - 0.055 : light * 12.92);

const inverse = (f) => (f < CUBE_EDGE ? (f - LAB_OFFSET) / LAB_KAPPA : f * f * f);
const LIGHT = Float64Array.from({ length: 256 }, (_, value) => linear(value / 255));
const [RED, GREEN, BLUE] = LUMINANCE.map((weight) => LIGHT.map((light) => weight * light));
const GRAY = Uint16Array.from(LIGHT, level);
const Y_OF = Float32Array.from({ length: L_LEVELS + 1 }, (_, n) => inverse(n * F_PER_LEVEL + F_BLACK));
const GAMMA_8 = Uint8Array.from({ length: L_LEVELS + 1 }, (_, n) => gamma(n / L_LEVELS) * 255 + 0.5);

// Luminance in [0, 1] → its lightness level, not rounded down yet.
export function level(Y) {
  const f = Y > LAB_EPSILON ? Math.cbrt(Y) : LAB_KAPPA * Y + LAB_OFFSET;
  return clipped((116 * f - 16) / 100, 0, 1) * L_LEVELS + 0.5;
}

// sRGB pixels (RGBA) → lightness levels, written from `start` on.
export function lightnessOf(pixels, levels, start) {
  for (let from = 0, to = start; from < pixels.length; from += 4, to++) {
    const r = pixels[from];
    const g = pixels[from + 1];
    const b = pixels[from + 2];
    levels[to] = r === g && g === b ? GRAY[r] : level(RED[r] + GREEN[g] + BLUE[b]);
  }
}

// Slope and offset (two planes each) of ab = slope · L + offset → the four planes for `painted`.
export function colourMaps(slope, offset) {
  const scale = [1 / 500, -1 / 200]; // CIE 15:2004, equations 8.4 and 8.5
  const perLevel = slope.planes.map((plane, c) => plane.map((value) => F_PER_LEVEL + (scale[c] * value * 2) / L_LEVELS));
  const constant = offset.planes.map((plane, c) => plane.map((value, i) => F_BLACK + scale[c] * (value - slope.planes[c][i])));
  return { ...slope, planes: [...perLevel, ...constant] };
}

// Bilinear: for each of `full` places the two of `size` that it lies between, and the share of the second.
export function interpolation(size, full) {
  const [low, high, share] = [new Int32Array(full), new Int32Array(full), new Float32Array(full)];
  for (let i = 0; i < full; i++) {
    const at = clipped(((i + 0.5) * size) / full - 0.5, 0, size - 1);
    low[i] = Math.min(Math.floor(at), Math.max(size - 2, 0));
    high[i] = Math.min(low[i] + 1, size - 1);
    share[i] = at - low[i];
  }
  return { low, high, share };
}

// Enlarge planes of one size to another, bilinear.
export function enlarged({ planes, height, width }, full) {
  const [down, across] = [interpolation(height, full.height), interpolation(width, full.width)];
  const grown = planes.map((plane) => {
    const found = new Float32Array(full.height * full.width);
    for (let i = 0; i < full.height; i++) {
      const row = between(plane, width, down, i);
      for (let j = 0; j < full.width; j++) found[i * full.width + j] = between(row, 1, across, j)[0];
    }
    return found;
  });
  return { planes: grown, ...full };
}

// Row `i` of an enlarged plane whose rows have `width` values.
function between(plane, width, { low, high, share }, i) {
  const row = new Float32Array(width);
  for (let j = 0; j < width; j++) {
    const first = plane[low[i] * width + j];
    row[j] = first + (plane[high[i] * width + j] - first) * share[i];
  }
  return row;
}

// Rows top..bottom of lightness levels in the colours of `colourMaps` → sRGB pixels (RGBA, opaque).
export function painted(levels, colour, top, bottom, pixels = new Uint8ClampedArray((bottom - top) * levels.width * 4)) {
  const down = interpolation(colour.height, levels.height);
  const across = interpolation(colour.width, levels.width);
  for (let row = top, at = 0; row < bottom; row++, at += levels.width * 4) {
    const lines = colour.planes.map((plane) => between(plane, colour.width, down, row));
    paintRow(levels.data.subarray(row * levels.width, (row + 1) * levels.width), lines, across, pixels, at);
  }
  return pixels;
}

const [[RX, RZ], [GX, GZ], [BX, BZ]] = RGB_FROM_XZ;

function paintRow(levels, [slopeX, slopeZ, offsetX, offsetZ], { low, high, share }, pixels, at) {
  for (let i = 0; i < levels.length; i++, at += 4) {
    const j = low[i];
    const k = high[i];
    const t = share[i];
    const n = levels[i];
    const Y = Y_OF[n];
    const fx = (slopeX[j] + (slopeX[k] - slopeX[j]) * t) * n + offsetX[j] + (offsetX[k] - offsetX[j]) * t;
    const fz = (slopeZ[j] + (slopeZ[k] - slopeZ[j]) * t) * n + offsetZ[j] + (offsetZ[k] - offsetZ[j]) * t;
    const x = inverse(fx) - Y;
    const z = inverse(fz) - Y;
    const r = RX * x + RZ * z;
    const g = GX * x + GZ * z;
    const b = BX * x + BZ * z;
    // The factor that brings the colour into sRGB, towards the gray of its luminance.
    const above = (1 - Y) / (Math.max(r, g, b) + TINY);
    const below = Y / (TINY - Math.min(r, g, b));
    const room = Math.min(above, below, 1);
    pixels[at] = encoded(r * room + Y);
    pixels[at + 1] = encoded(g * room + Y);
    pixels[at + 2] = encoded(b * room + Y);
    pixels[at + 3] = 255;
  }
}

const encoded = (light) => GAMMA_8[Math.min(L_LEVELS, (light * L_LEVELS + 0.5) | 0)];
