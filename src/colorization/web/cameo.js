// Take the feathered edge of a cameo off what the network sees; as photo/cameo.py, which explains it.

import { cameo } from "./constants.js";
import { distances, filled, opening } from "./mats.js";
import { clipped, median } from "./statistics.js";

const { CORE, FADED, FAINTEST, FITS, INNER, RINGS, ROUND, TELLING } = cameo;

// The feathered picture of normalised L: {shape, tone, shares}; null without one.
export function faded(L) {
  const shape = opening(L, FITS);
  if (!shape || Math.max(shape.upper, shape.lower) > ROUND) return null;
  const distance = distances(shape, L);
  const tone = median(L.data.filter((_, at) => distance[at] >= 1));
  const [squares, counts] = [new Float64Array(RINGS), new Float64Array(RINGS)];
  L.data.forEach((value, at) => {
    const ring = Math.floor(distance[at] * RINGS);
    if (ring >= RINGS) return;
    squares[ring] += (value - tone) ** 2;
    counts[ring]++;
  });
  const contrast = squares.map((sum, ring) => Math.sqrt(sum / Math.max(counts[ring], 1)));
  const core = Math.max(median(contrast.slice(...CORE)), 1e-6);
  const shares = contrast.map((value, ring) => (ring < INNER ? 1 : clipped(value / core, 0, 1)));
  shares.forEach((share, ring) => (shares[ring] = Math.min(share, shares[ring - 1] ?? 1)));
  return shares[TELLING] <= FADED ? { shape, tone, shares } : null;
}

// Normalised L with the contrast that the picture's edge has lost, mirrored to where nothing is left of it.
export function unfaded(L, { shape, tone, shares }) {
  const distance = distances(shape, L);
  const share = distance.map((each) => shown(shares, each));
  const data = L.data.map((value, at) => clipped(tone + (value - tone) / Math.max(share[at], FAINTEST), -1, 1));
  const inside = Uint8Array.from(share, (each, at) => each > FAINTEST && distance[at] < 1);
  return filled({ ...L, data }, { ...L, data: inside });
}

// The share at a distance, between the middles of rings.
function shown(shares, distance) {
  const place = clipped(distance * RINGS - 0.5, 0, RINGS - 1);
  const low = Math.floor(place);
  return shares[low] + ((shares[low + 1] ?? 0) - shares[low]) * (place - low);
}
