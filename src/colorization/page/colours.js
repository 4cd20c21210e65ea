// Names of colours for people, by their hue, lightness and chroma in CIE Lab: there a leaf is green and an olive no yellow.

// Up to this hue in degrees: the name where it is dark, middle and light; where it is vivid, if another; where it is pale, but
// not light, if another.
const HUES = [
  [18, "wine red", "rose", "pink"],
  [46, "dark red", "red", "salmon", "", "reddish brown"],
  [76, "brown", "brown", "beige", "orange"],
  [90, "brown", "ochre", "beige", "golden yellow"],
  [106, "olive", "olive", "khaki", "yellow"],
  [124, "olive green", "olive green", "yellow green"],
  [150, "dark green", "green", "light green"],
  [178, "dark sea green", "sea green", "light sea green"],
  [215, "dark turquoise", "turquoise", "light turquoise"],
  [262, "dark blue", "blue", "sky blue"],
  [309, "dark blue", "blue", "light blue"],
  [322, "dark violet", "violet", "light violet"],
  [342, "dark purple", "purple", "lilac"],
  [360, "wine red", "pink", "pink"],
];
const [DARK, SHINING, LIGHT] = [30, 54, 66]; // lightness, from 0 to 100; a darker one is not called vivid
const [GRAY, GRAYISH, PALE, VIVID] = [5, 12, 28, 55]; // chroma, in ab units
const XYZ = [
  [0.412453, 0.35758, 0.180423],
  [0.212671, 0.71516, 0.072169],
  [0.019334, 0.119193, 0.950227],
]; // of linear sRGB
const WHITE = [0.95047, 1, 1.08883]; // D65

// "olive green" for #6b7a3a.
export function named(colour) {
  if (colour === "keep") return "neutral gray";
  const parts = /^#(..)(..)(..)$/.exec(colour);
  if (!parts) return colour;
  const [L, a, b] = labOf(parts.slice(1).map((part) => parseInt(part, 16) / 255));
  const chroma = Math.hypot(a, b);
  const shade = L < DARK ? 0 : L > LIGHT ? 2 : 1;
  if (chroma < GRAY) return ["dark gray", "gray", "light gray"][shade];
  const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
  const [, ...names] = HUES.find(([until]) => hue <= until);
  if (chroma > VIVID && L > SHINING && names[3]) return names[3];
  if (chroma < PALE && shade < 2 && names[4]) return names[4];
  return (chroma < GRAYISH ? "grayish " : "") + names[shade];
}

// sRGB in 0..1 → CIE Lab.
function labOf(rgb) {
  const light = rgb.map((v) => (v > 0.04045 ? ((v + 0.055) / 1.055) ** 2.4 : v / 12.92));
  const [x, y, z] = XYZ.map((row, i) => row.reduce((sum, weight, c) => sum + weight * light[c], 0) / WHITE[i]);
  const [fx, fy, fz] = [x, y, z].map((v) => (v > 0.008856 ? Math.cbrt(v) : 7.787 * v + 16 / 116));
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}
