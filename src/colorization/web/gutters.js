// Find photographs that fill a scan to its edges by the gutters between them; as photo/gutters.py, which explains it.

import { gutters } from "./constants.js";
import { clipped, median, rounded } from "./statistics.js";

const { ALIKE, CHANGE, EVEN, FAR, FEW, LINE, MANY, MOSTLY, NARROW, NEAR, ONE, PURE, SAMPLES, SHARP } = gutters;
const { SIMILAR, SLOPES, SMALLEST, STEEP, STRONG, THIN, WEAK } = gutters;

// The photographs between the gutters that cross a page of cells {means, rows, columns}: boxes of cells; one box without any.
export function regions({ means, rows, columns }) {
  const page = { at: (i, j) => means[i * columns + j], widest: Math.floor(Math.min(rows, columns) / NARROW) };
  const whole = { top: 0, bottom: rows, left: 0, right: columns };
  const found = clearest(page, whole, null);
  if (!found) return [whole];
  const boxes = beside(whole, found).flatMap((part) => split(page, part, found.band));
  return boxes.length > 2 || pair(page.at, [rows, columns], boxes, found) ? boxes : [whole];
}

// Whether two boxes are photographs: a pole or the line of a sports ground may divide a single one.
function pair(at, [rows, columns], boxes, { band: { start, stop, sharp: ends }, turned }) {
  const areas = boxes.map(({ top, bottom, left, right }) => (bottom - top) * (right - left));
  const [one, other] = [start - FAR, stop + FAR - 1];
  const changes = Array.from({ length: turned ? rows : columns }, (_, k) =>
    Math.abs(turned ? at(k, one) - at(k, other) : at(one, k) - at(other, k)),
  );
  const goesOn = changes.filter((change) => change <= 2 * CHANGE).length / changes.length >= ONE;
  const clear = ends[0] >= SHARP && stop - start >= THIN;
  return clear && Math.max(...areas) <= SIMILAR * Math.min(...areas) && !goesOn;
}

// What the gutters in a box separate. first: the one that crosses the whole page.
function split(page, box, first) {
  const found = clearest(page, box, first);
  return found ? beside(box, found).flatMap((part) => split(page, part, first)) : [box];
}

// The parts of a box on both sides of a gutter; turned: it runs from top to bottom.
function beside(box, { band: { start, stop }, turned }) {
  const { top, left } = box;
  return turned
    ? [{ ...box, right: left + start }, { ...box, left: left + stop }]
    : [{ ...box, bottom: top + start }, { ...box, top: top + stop }];
}

// The clearest gutter across a box: {band, turned}; null without one.
function clearest({ at, widest }, { top, bottom, left, right }, first) {
  const [height, width] = [bottom - top, right - left];
  const found = [
    ...bands((i, j) => at(top + i, left + j), height, width, first).map((band) => ({ band, turned: false })),
    ...bands((i, j) => at(top + j, left + i), width, height, first).map((band) => ({ band, turned: true })),
  ].filter(({ band }) => band.stop - band.start <= widest);
  return found.reduce((best, each) => (best && weight(best.band) >= weight(each.band) ? best : each), null);
}

const weight = ({ sharp: [less, more], start, stop }) => less + 0.3 * more + 0.02 * (stop - start);

// The bands of one tone that cross a region from left to right, at any slope: [{start, stop, tone, sharp}].
function bands(at, height, width, first) {
  if (Math.min(height, width) < SMALLEST) return [];
  const count = Math.min(width, SAMPLES);
  const places = Int32Array.from({ length: count }, (_, k) => Math.floor((k * (width - 1)) / (count - 1)));
  const few = Int32Array.from({ length: FEW }, (_, k) => places[Math.floor((k * (count - 1)) / (FEW - 1))]);
  const found = [];
  for (let number = -SLOPES; number <= SLOPES; number++) {
    const slope = (number * STEEP) / SLOPES;
    const some = linesOf(at, height, width, few, slope);
    const tones = Float32Array.from(some, (line) => first?.tone ?? median(line));
    if (!evenness(some, tones).slice(FAR, -FAR).some((share) => share >= MOSTLY)) continue;
    found.push(...sharp(linesOf(at, height, width, places, slope), tones, rounded((Math.abs(slope) * width) / 2), first));
  }
  return found;
}

// The even bands of lines that end sharply. off: the lines at both ends that leave the region on their way.
function sharp(lines, tones, off, first) {
  const shares = evenness(lines, tones);
  const even = shares.map((share) => share >= LINE);
  const found = [];
  for (let start = 0, stop; start < lines.length; start = stop) {
    stop = start + 1;
    if (!even[start]) continue;
    while (even[stop]) stop++;
    const own = tones.slice(start, stop);
    if (start < off + FAR || stop + off + FAR > lines.length || Math.max(...own) - Math.min(...own) > 2 * EVEN) continue;
    const tone = median(own);
    const beside = [lines.slice(start - FAR, start - NEAR), lines.slice(stop + NEAR, stop + FAR)];
    const ends = beside.map((side) => changed(side, tone)).sort((one, other) => one - other);
    const purity = shares.slice(start, stop).reduce((sum, share) => sum + share, 0) / (stop - start);
    const band = { start, stop, tone, evenness: purity, sharp: ends };
    if (fits(band, first)) found.push(band);
  }
  return found;
}

// The share of places in which some of the lines differ from a tone.
function changed(lines, tone) {
  const count = lines[0].filter((_, k) => lines.some((line) => Math.abs(line[k] - tone) > CHANGE)).length;
  return count / lines[0].length;
}

// Whether a band is a gutter: the first by its sharp sides, the others by their likeness to it, too.
function fits({ start, stop, evenness: purity, sharp: [less, more] }, first) {
  if (!first) return less >= MANY && purity >= PURE;
  const [own, other] = [stop - start, first.stop - first.start];
  return other <= ALIKE * own && own <= ALIKE * other && less >= WEAK && more >= STRONG;
}

// For each row, the values at some places along a line that goes down with a slope.
function linesOf(at, height, width, places, slope) {
  const down = Array.from(places, (place) => rounded(slope * (place - (width - 1) / 2)));
  return Array.from({ length: height }, (_, i) =>
    Float32Array.from(places, (place, k) => at(clipped(i + down[k], 0, height - 1), place)),
  );
}

const evenness = (lines, tones) =>
  lines.map((line, i) => line.filter((value) => Math.abs(value - tones[i]) <= EVEN).length / line.length);
