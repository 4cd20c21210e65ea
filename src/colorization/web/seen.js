// What the network sees of a scan: each photograph on it by itself, without border and mat, under even light; as photo/seen.py.

import { faded, unfaded } from "./cameo.js";
import { mats, seen as constants } from "./constants.js";
import { evened } from "./light.js";
import { boxOf, filled, fittedTo, maskOf, opening } from "./mats.js";
import { evidence, inside, shrunk, stretched } from "./preparation.js";
import { photographs, tiltedMask } from "./sheet.js";
import { rounded } from "./statistics.js";

const sizeOf = ({ top, bottom, left, right }) => ({ height: bottom - top, width: right - left });
const wholeOf = ({ height, width }) => ({ top: 0, bottom: height, left: 0, right: width });

// Lightness levels → {whole: normalised L, parts: [{box, seen, trust, visible}]}, as View and Part.
export function viewed(levels, side) {
  const found = photographs(levels);
  if (!found.length) {
    const whole = shrunk(levels, side);
    return { whole, parts: [partOf(levels, wholeOf(levels), whole, side, 0)] };
  }
  const smallest = Math.min(...found.flatMap(({ box }) => Object.values(sizeOf(box))));
  const most = Math.min(Math.min(levels.height, levels.width) / smallest, constants.FINEST);
  const whole = shrunk(levels, rounded(side * most));
  return { whole, parts: found.map((one) => ofPage(levels, whole, one, side)) };
}

// A photograph of a page.
function ofPage(levels, whole, { box: area, slope }, side) {
  const small = shrunk(levels, side, area);
  const part = partOf(levels, area, small, side, slope);
  const [down, across] = [whole.height / levels.height, whole.width / levels.width];
  const own = sizeOf(area);
  const [tall, wide] = [own.height / small.height, own.width / small.width];
  const box = {
    top: rounded((area.top + part.box.top * tall) * down),
    bottom: rounded((area.top + part.box.bottom * tall) * down),
    left: rounded((area.left + part.box.left * wide) * across),
    right: rounded((area.left + part.box.right * wide) * across),
  };
  return { ...part, box };
}

// A photograph in an area of lightness levels, which is `whole` at the size for prediction.
function partOf(levels, area, whole, side, slope) {
  const trust = evidence(whole);
  if (slope) {
    const visible = tiltedMask(slope, sizeOf(area), whole);
    return told(wholeOf(whole), filled(whole, visible), visible, trust);
  }
  let [box, seen, cameo, found] = [wholeOf(whole), whole, faded(whole), opening(whole)];
  const bordered = inside(whole);
  const { height, width } = sizeOf(bordered);
  if (!cameo && !found && (height !== whole.height || width !== whole.width)) {
    box = bordered;
    seen = shrunk(levels, side, cut(area, box, whole));
    [cameo, found] = [faded(seen), opening(seen)];
  }
  if (cameo) return told(box, unfaded(seen, cameo), maskOf(cameo.shape, seen), trust);
  if (!found) return told(box, seen, null, trust);
  box = within(box, boxOf(found, seen), seen);
  seen = shrunk(levels, side, cut(area, box, whole));
  const shape = fittedTo(found, seen);
  return told(box, filled(seen, maskOf(shape, seen, mats.RIM)), maskOf(shape, seen), trust);
}

function told(box, seen, visible, trust) {
  return { box, seen: stretched(evened(seen)), trust, visible: visible ?? { ...seen, data: new Uint8Array(seen.data.length).fill(1) } };
}

// A part of a box, for a part that is given in the pixels which the network sees of the box.
function within(box, part, { height, width }) {
  const [down, across] = [(box.bottom - box.top) / height, (box.right - box.left) / width];
  return {
    top: box.top + rounded(part.top * down),
    bottom: box.top + rounded(part.bottom * down),
    left: box.left + rounded(part.left * across),
    right: box.left + rounded(part.right * across),
  };
}

// The part of an area of lightness levels that a box of its map covers.
function cut(area, box, map) {
  const { height, width } = sizeOf(area);
  const [down, across] = [height / map.height, width / map.width];
  return {
    top: area.top + rounded(box.top * down),
    bottom: area.top + rounded(box.bottom * down),
    left: area.left + rounded(box.left * across),
    right: area.left + rounded(box.right * across),
  };
}
