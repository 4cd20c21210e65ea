// Join a network's answer to hints with the hints themselves; as hinting/joining.py and influence.py and as `joined` of
// photo/hints.py, which explain it.

import { influence as limits, joining } from "./constants.js";
import { fitted, means } from "./hints.js";
import { spreading } from "./levin.js";
import { enlarged } from "./recolor.js";
import { clipped, rounded } from "./statistics.js";

const { LOSS, REACHED, SIDE } = joining;

// L: a plane; plain, answer: ab without hints and with them; known: a map of hints. → ab.
export function joined(L, plain, answer, known) {
  const scale = Math.min(1, SIDE / Math.min(L.height, L.width));
  const sides = { height: Math.max(1, rounded(L.height * scale)), width: Math.max(1, rounded(L.width * scale)) };
  const given = fitted(known, sides);
  if (!given.planes[0].some(Boolean)) return plain;
  const { planes } = means({ ...plain, planes: [L.data, ...plain.planes, ...answer.planes] }, sides);
  const [data, a, b, toldA, toldB] = planes;
  const change = changed({ data, ...sides }, given, [a, b], [toldA, toldB]);
  const large = enlarged({ planes: change, ...sides }, { height: L.height, width: L.width });
  return { ...plain, planes: plain.planes.map((plane, c) => plane.map((value, i) => value + large.planes[c][i])) };
}

// What hints add to the colours without them, as `Hinted.change`.
function changed(L, given, plain, answer) {
  const [known, ...colours] = given.planes;
  const spread = spreading(L, known, plain);
  const [closeness] = spreading(L, known, plain, LOSS)([new Float64Array(L.data.length).fill(1)]);
  const counts = influence(L, known);
  const mixed = plain.map((plane, c) => plane.map((value, i) => value + counts[i] * (answer[c][i] - value)));
  const [smooth, told] = [spread(mixed), spread(colours)];
  return mixed.map((plane, c) =>
    plane.map((value, i) => {
      const added = told[c][i] - smooth[c][i] - closeness[i] * (value - smooth[c][i]);
      return value + counts[i] * beyond(closeness[i], REACHED) * added - plain[c][i];
    }),
  );
}

// Where hints count: near them, and where the photograph is as light as there.
export function influence({ data, height, width }, known) {
  const places = [...known.keys()].filter((at) => known[at]);
  const side = Math.min(height, width);
  return data.map((light, at) => {
    const apart = places.map((one) => {
      const down = Math.floor(at / width) - Math.floor(one / width);
      return Math.hypot(down, (at % width) - (one % width)) / side;
    });
    if (Math.min(...apart) <= limits.NEAR[0]) return 1;
    const far = (k) => beyond(apart[k], limits.NEAR) * beyond(Math.abs(light - data[places[k]]), limits.ALIKE);
    return Math.max(...places.map((_, k) => 1 - far(k)));
  });
}

function beyond(x, [start, end]) {
  const share = clipped((x - start) / (end - start), 0, 1);
  return share * share * (3 - 2 * share);
}
