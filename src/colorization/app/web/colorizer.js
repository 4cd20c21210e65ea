// A photograph's lightness levels → its colours; as `predict` and `preview` of app/colorizer.py.

import { placed } from "./guide.js";
import { checked, cut, fitted, mapOf } from "./hints.js";
import { guided } from "./joining.js";
import { evidence, prepared } from "./preparation.js";
import { colourMaps } from "./recolor.js";

// network(L, known): normalised L and a map of hints or null → normalised ab. side: that it was trained at.
export class Colorizer {
  constructor(network, side) {
    Object.assign(this, { network, side });
  }

  // opened: a photograph with `levels`; what does not depend on vividness and hints is kept in it. → colour maps.
  async predict(opened, vividness, hints) {
    const { levels } = opened;
    const known = checked(hints, levels);
    opened.view ??= prepared(levels, this.side);
    const { whole, seen, box } = opened.view;
    opened.plain ??= times(await this.network(seen, null), evidence(whole));
    const vivid = (ab) => times(placed(ab, box, whole), vividness);
    const plain = vivid(opened.plain);
    let told = plain;
    if (known.length) {
      const scale = [whole.height / levels.height, whole.width / levels.width];
      told = vivid(await this.network(seen, fitted(cut(mapOf(known, scale, whole, vividness), box), seen)));
    }
    const { slope, offset } = guided(levels, whole, plain, told, known);
    return colourMaps(slope, offset);
  }
}

const times = ({ planes, ...shape }, factor) => ({ planes: planes.map((plane) => plane.map((value) => value * factor)), ...shape });
