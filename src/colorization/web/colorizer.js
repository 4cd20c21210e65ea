// A photograph's lightness levels → its colours; as `predict` and `preview` of photo/colorizer.py.

import { hints } from "./constants.js";
import { guided, placed } from "./guide.js";
import { checked, cut, fitted, mapOf } from "./hints.js";
import { joined } from "./joining.js";
import { evidence, prepared } from "./preparation.js";
import { colourMaps } from "./recolor.js";
import { vivid } from "./vividness.js";

// network(L, known): normalised L and a map of hints or null → normalised ab. side: that it was trained at.
// curve: makes its colours vivid.
export class Colorizer {
  constructor(network, side, curve) {
    Object.assign(this, { network, side, curve });
  }

  // opened: a photograph with `levels`; what does not depend on vividness and hints is kept in it. → colour maps.
  // vividness: a factor on the colours, after the curve.
  async predict(opened, vividness, wanted) {
    const { levels } = opened;
    const known = checked(wanted, levels);
    const curve = { ...this.curve, gain: this.curve.gain * vividness };
    opened.view ??= prepared(levels, this.side);
    const { whole, seen, box } = opened.view;
    const trust = evidence(whole);
    opened.plain ??= times(await this.network(seen, null), trust);
    let ab = opened.plain;
    if (known.length) {
      const scale = [whole.height / levels.height, whole.width / levels.width];
      const [given, points] = [hints.SIZE, 1].map((size) => cut(mapOf(known, scale, whole, curve, size), box));
      const answer = times(await this.network(seen, fitted(given, seen)), trust);
      ab = joined(seen, opened.plain, answer, points);
    }
    const { slope, offset } = guided(levels, whole, vivid(placed(ab, box, whole), curve), known);
    return colourMaps(slope, offset);
  }
}

const times = ({ planes, ...shape }, factor) => ({ planes: planes.map((plane) => plane.map((value) => value * factor)), ...shape });
