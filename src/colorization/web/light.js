// Even out strong vignetting in what the network sees; as photo/light.py, which explains it.

import { light } from "./constants.js";
import { clipped, median } from "./statistics.js";

const { DARKEST, FEWEST, QUADRANTS, RINGS, SLIGHT, STRONG } = light;

// Normalised L → the same under even light, if its light falls strongly to all corners.
export function evened(L) {
  const { data, height, width } = L;
  if (Math.min(height, width) < 2 * RINGS) return L;
  const { radius, slopes } = radial(L);
  const [first, second] = falloff(radius, slopes, height, width);
  const corners = Math.exp(first + second);
  const share = clipped(Math.log(SLIGHT / corners) / Math.log(SLIGHT / STRONG), 0, 1);
  if (share === 0) return L;
  return {
    ...L,
    data: data.map((value, i) => {
      const squared = radius[i] ** 2;
      return clipped((value + 1) / Math.exp(share * Math.min(first * squared + second * squared ** 2, 0)) - 1, -1, 1);
    }),
  };
}

// The factors of r² and r⁴ in the logarithm of the lightness, for r = 1 at the corners.
function falloff(radius, slopes, height, width) {
  const sectors = Array.from({ length: QUADRANTS * RINGS }, () => []);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const at = i * width + j;
      const ring = Math.min(Math.floor(radius[at] * RINGS), RINGS - 1);
      sectors[(2 * (i > (height - 1) / 2) + (j > (width - 1) / 2)) * RINGS + ring].push(slopes[at]);
    }
  }
  let [aa, ab, bb, ya, yb] = [0, 0, 0, 0, 0];
  for (let ring = 0; ring < RINGS; ring++) {
    const all = Array.from({ length: QUADRANTS }, (_, quadrant) => sectors[quadrant * RINGS + ring]);
    const medians = Float64Array.from(all, (values) => (values.length >= FEWEST ? median(Float64Array.from(values)) : 0)).sort();
    const weight = all.reduce((sum, { length }) => sum + length, 0);
    const slope = (medians[1] + medians[2]) / 2;
    const r = (ring + 0.5) / RINGS;
    const [first, second] = [2 * r, 4 * r ** 3];
    aa += weight * first * first;
    ab += weight * first * second;
    bb += weight * second * second;
    ya += weight * first * slope;
    yb += weight * second * slope;
  }
  const determinant = aa * bb - ab * ab;
  return [(ya * bb - yb * ab) / determinant, (yb * aa - ya * ab) / determinant];
}

// The distance from the centre, 1 at the corners, and the slope of log lightness along it.
function radial({ data, height, width }) {
  const half = Math.hypot(height, width) / 2;
  const logs = Float64Array.from(data, (value) => Math.log((value + 1) / 2 + DARKEST));
  const [radius, slopes] = [new Float64Array(logs.length), new Float64Array(logs.length)];
  const slope = (at, place, size, step) => {
    const [low, high] = [place > 0 ? step : 0, place < size - 1 ? step : 0];
    return (logs[at + high] - logs[at - low]) / ((low + high) / step);
  };
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      const at = i * width + j;
      const [y, x] = [(i - (height - 1) / 2) / half, (j - (width - 1) / 2) / half];
      radius[at] = Math.hypot(x, y);
      const along = slope(at, i, height, width) * y + slope(at, j, width, 1) * x;
      slopes[at] = (along * half) / Math.max(radius[at], 1e-6);
    }
  }
  return { radius, slopes };
}
