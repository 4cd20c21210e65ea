// A photograph's lightness levels → its colours; as `predict` and `preview` of photo/colorizer.py.

import { hints } from "./constants.js";
import { guided, placed } from "./guide.js";
import { checked, cut, fitted, mapOf } from "./hints.js";
import { joined } from "./joining.js";
import { colourMaps } from "./recolor.js";
import { viewed } from "./seen.js";
import { rounded } from "./statistics.js";
import { vivid } from "./vividness.js";

// network(L, known): normalised L and a map of hints or null → normalised ab. side: that it was trained at.
// curve: makes its colours vivid.
export class Colorizer {
  constructor(network, side, curve) {
    Object.assign(this, { network, side, curve });
  }

  // opened: a photograph with `levels`; what does not depend on vividness and hints is kept in it. → colour maps.
  // vividness: a factor on the colours, after the curve. detail: times the side that the network was trained at.
  async predict(opened, vividness, wanted, detail = 1) {
    const { levels } = opened;
    const most = Math.max(this.side, Math.min(levels.height, levels.width));
    const side = rounded(Math.min(this.side * detail, most));
    if (opened.side !== side) Object.assign(opened, { side, view: viewed(levels, side), plain: null });
    const known = checked(wanted, levels);
    const curve = { ...this.curve, gain: this.curve.gain * vividness };
    const { whole, parts } = opened.view;
    opened.plain ??= await each(parts, async ({ seen, trust }) => times(await this.network(seen, null), trust));
    const scale = [whole.height / levels.height, whole.width / levels.width];
    const maps = known.length ? [hints.SIZE, 1].map((size) => mapOf(known, scale, whole, curve, size)) : null;
    const ab = { planes: [0, 1].map(() => new Float32Array(whole.data.length)), height: whole.height, width: whole.width };
    await each(parts, async (part, number) => {
      const answer = maps ? await this.answer(part, opened.plain[number], maps) : opened.plain[number];
      const own = placed(masked(answer, part.visible), part.box, whole);
      own.planes.forEach((plane, c) => plane.forEach((value, at) => (ab.planes[c][at] += value)));
    });
    const { slope, offset } = guided(levels, whole, vivid(ab, curve), known);
    return colourMaps(slope, offset);
  }

  // The colours of a photograph with the hints of two maps: [squares, points].
  async answer({ box, seen, trust }, plain, maps) {
    const [given, points] = maps.map((map) => cut(map, box));
    if (!points.planes[0].some(Boolean)) return plain;
    return joined(seen, plain, times(await this.network(seen, fitted(given, seen)), trust), points);
  }
}

const times = ({ planes, ...shape }, factor) => ({ planes: planes.map((plane) => plane.map((value) => value * factor)), ...shape });

const masked = ({ planes, ...shape }, { data }) => ({ planes: planes.map((plane) => plane.map((value, at) => value * data[at])), ...shape });

// What comes of each, one after the other: the network answers one question at a time.
async function each(parts, act) {
  const found = [];
  for (const [number, part] of parts.entries()) found.push(await act(part, number));
  return found;
}
