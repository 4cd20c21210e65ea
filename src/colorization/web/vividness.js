// How vivid predicted colours become; as vividness.py, which explains it. A curve is {gain, knee}.

import { color, vividness } from "./constants.js";

const { AB_SCALE } = color;
const { TINY } = vividness;

// Normalised ab (two planes) → the same hues at the curve's chroma.
export function vivid({ planes, ...shape }, { gain, knee }) {
  const factors = planes[0].map((a, i) => {
    const chroma = Math.hypot(a, planes[1][i]);
    return knee ? (gain * chroma) / (chroma + knee / AB_SCALE + TINY) : gain;
  });
  return { planes: planes.map((plane) => plane.map((value, i) => value * factors[i])), ...shape };
}

// The [a, b] that `vivid` turns into these, both normalised.
export function inverse(ab, { gain, knee }) {
  if (!knee) return ab.map((value) => value / gain);
  const chroma = Math.hypot(...ab);
  const before = (chroma + Math.sqrt(chroma ** 2 + ((4 * gain * knee) / AB_SCALE) * chroma)) / (2 * gain);
  return ab.map((value) => (value * before) / (chroma + TINY));
}
