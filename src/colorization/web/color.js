// sRGB → CIE Lab (D65, 2°); as color.py.

import { color } from "./constants.js";
import { linear } from "./recolor.js";

const { AB_SCALE, LAB_EPSILON, LAB_KAPPA, LAB_OFFSET, WHITE, XYZ_FROM_RGB } = color;

// [r, g, b] in 0..255 → [L, a, b] in Lab units.
export function labOf(rgb) {
  const light = rgb.map((value) => linear(value / 255));
  const xyz = XYZ_FROM_RGB.map((row, i) => row.reduce((sum, weight, c) => sum + weight * light[c], 0) / WHITE[i]);
  const [fx, fy, fz] = xyz.map((v) => (v > LAB_EPSILON ? Math.cbrt(v) : LAB_KAPPA * v + LAB_OFFSET));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

// [r, g, b] in 0..255 → normalised [a, b].
export function abOf(rgb) {
  const [, a, b] = labOf(rgb);
  return [a / AB_SCALE, b / AB_SCALE];
}
