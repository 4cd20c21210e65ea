// Names of colours for people.

const HUES = ["red", "orange", "yellow", "lime", "green", "sea green", "turquoise", "sky blue", "blue", "violet", "magenta", "pink"];

// "dark green" for #224d22.
export function named(colour) {
  if (colour === "keep") return "neutral gray";
  const parts = /^#(..)(..)(..)$/.exec(colour);
  if (!parts) return colour;
  const [r, g, b] = parts.slice(1).map((part) => parseInt(part, 16) / 255);
  const high = Math.max(r, g, b);
  const range = high - Math.min(r, g, b);
  const light = high - range / 2;
  const shade = light < 0.3 ? "dark " : light > 0.7 ? "light " : "";
  if (range < 0.06) return `${shade}gray`;
  const sector = high === r ? (g - b) / range : high === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  const hue = HUES[Math.round(((sector + 6) % 6) * 2) % 12];
  const pale = range / (1 - Math.abs(2 * light - 1)) < 0.3 ? "grayish " : "";
  return shade + pale + (hue === "orange" && light < 0.45 ? "brown" : hue);
}
