// Turn a negative into its positive, and say of a scan what it is; as photo/negative.py, which explains it.

import { labOf } from "./color.js";
import { negative, recolor } from "./constants.js";
import { level, linear } from "./recolor.js";
import { clipped, median, quantile } from "./statistics.js";

const { CLEAR, CLEAREST, ENDS, LIGHT, MARGIN, ORANGE, REDNESS, SAMPLED } = negative;
const { L_LEVELS } = recolor;

// Lightness levels of a negative → those of the positive.
export function positive({ data, height, width }) {
  const light = Uint16Array.from({ length: L_LEVELS + 1 }, (_, value) => level(linear(value / L_LEVELS))); // gray value → level
  const gray = inverse(light);
  const [down, across] = [height, width].map((size) => Math.max(1, Math.floor(size / SAMPLED)));
  const sampled = new Uint16Array(Math.ceil(height / down) * Math.ceil(width / across));
  for (let i = 0, at = 0; i < height; i += down) for (let j = 0; j < width; j += across) sampled[at++] = data[i * width + j];
  const [low, high] = ENDS.map((percent) => gray[Math.floor(quantile(sampled, percent / 100))]);
  const stretches = low < high && high < CLEAR;
  const table = Uint16Array.from(gray, (value) => {
    const turned = stretches ? MARGIN + ((1 - 2 * MARGIN) * (high - value)) / (high - low) : 1 - value;
    return light[Math.floor(clipped(turned, 0, 1) * L_LEVELS + 0.5)];
  });
  return { data: data.map((value) => table[value]), height, width };
}

// Level → gray value in [0, 1], interpolated linearly.
function inverse(light) {
  let at = 0;
  return Float64Array.from(light, (_, value) => {
    while (light[at + 1] <= value) at++;
    const share = at < L_LEVELS ? (value - light[at]) / (light[at + 1] - light[at]) : 0;
    return (at + share) / L_LEVELS;
  });
}

// Whether lightness levels are black and white alone.
export const oneBit = ({ data }) => data.every((value) => value === 0 || value === L_LEVELS);

// Whether the pixels (RGBA) of a small picture show film with the orange mask of colour negatives.
export function orange(pixels) {
  const [L, a, b] = [0, 1, 2].map(() => new Float64Array(pixels.length / 4));
  for (let i = 0; i < L.length; i++) [L[i], a[i], b[i]] = labOf([...pixels.subarray(4 * i, 4 * i + 3)]);
  const [low, high] = [100 - LIGHT, LIGHT].map((percent) => quantile(L, percent / 100));
  const lightest = (plane) => plane.filter((_, i) => L[i] >= high);
  if (median(lightest(b)) < ORANGE || median(lightest(a)) < REDNESS || median(lightest(L)) > CLEAREST) return false;
  const spread = [a, b].map(lightest).map((plane) => quantile(plane, 0.95) - quantile(plane, 0.05));
  return Math.max(...spread) < ORANGE && median(b.filter((_, i) => L[i] <= low)) > 0;
}
