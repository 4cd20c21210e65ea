// The result as a picture for the page and as a file: JPEG and WebP by the browser's encoders, else PNG.

import { banding, formats, painting } from "./constants.js";
import { marked } from "./mark.js";
import { png } from "./png.js";
import { painted } from "./recolor.js";

// The result for the page, on white; alpha: as large as the levels, or null.
export function preview(levels, colour, alpha) {
  const canvas = new OffscreenCanvas(levels.width, levels.height);
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  for (const { pixels, top } of bands(levels, colour, alpha)) context.putImageData(imageOf(pixels, levels.width), 0, top);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, levels.width, levels.height);
  return canvas.convertToBlob({ type: "image/jpeg", quality: painting.SCREEN / 100 });
}

// {blob, suffix}: the result at full size. PNG instead of a format that this browser cannot write, or not so large.
export async function written(levels, colour, alpha, format) {
  const kind = formats[format];
  if (kind.lossy && Math.max(levels.width, levels.height) <= kind.sides) {
    const blob = await encoded(levels, colour, alpha, `image/${format}`);
    if (blob?.type === `image/${format}`) {
      return { blob: await marked(blob, blob.type, levels, Boolean(alpha)), suffix: kind.suffix };
    }
  }
  return { blob: await png(bands(levels, colour, alpha), levels, Boolean(alpha)), suffix: formats.png.suffix };
}

async function encoded(levels, colour, alpha, type) {
  const canvas = new OffscreenCanvas(levels.width, levels.height);
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  for (const { pixels, top } of bands(levels, colour, alpha)) context.putImageData(imageOf(pixels, levels.width), 0, top);
  return canvas.convertToBlob({ type, quality: painting.QUALITY / 100 }).catch(() => null); // too large for it
}

const imageOf = (pixels, width) => new ImageData(pixels, width, pixels.length / 4 / width, { colorSpace: "srgb" });

// The result (RGBA) in bands from top to bottom, which bounds memory; each band is overwritten by the next.
function* bands(levels, colour, alpha) {
  const { width, height } = levels;
  const rows = Math.min(height, Math.max(1, Math.floor(banding.BAND / 4 / width)));
  const room = new Uint8ClampedArray(rows * width * 4);
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(height, top + rows);
    const pixels = painted(levels, colour, top, bottom, room.subarray(0, (bottom - top) * width * 4));
    if (alpha) for (let i = 0, k = top * width; k < bottom * width; i++, k++) pixels[4 * i + 3] = alpha[k];
    yield { pixels, top };
  }
}
