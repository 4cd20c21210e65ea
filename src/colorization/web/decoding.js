// The bytes of a photograph → its lightness levels, by the browser's own decoders: upright, in sRGB, 8 bits.

import { banding, negative, opening, painting, reading, srgb } from "./constants.js";
import { InputError } from "./errors.js";
import { withEnd } from "./jpeg_end.js";
import { oneBit, orange } from "./negative.js";
import { lightnessOf } from "./recolor.js";

const SIGNS = { jpeg: /^\xff\xd8\xff/, webp: /^RIFF....WEBP/s, telephone: /^....ftyp(avi[fs]|hei|hev|mif1|msf1)/s };
const FOREIGN = {
  TIFF: { sign: /^(II[*+]\0|MM\0[*+])/, advice: "save it as PNG or JPEG, or use the command colorize, which reads it" },
  HEIC: { sign: /^....ftyp(hei|hev|mif1|msf1)/s, advice: "save or send it as JPEG, or open this page in Safari" },
};

// {levels, alpha (Uint8Array, or null: opaque), format of the result, before: a picture whose sides are at most longest,
// warning: a line about what is missing and what it shows, or ""}.
export async function decoded(file, longest) {
  const format = await formatOf(file);
  const ended = format === "jpeg" && withEnd(new Uint8Array(await file.arrayBuffer()));
  const image = await bitmap(ended ? new Blob([ended], { type: "image/jpeg" }) : file);
  if (!image) throw new InputError(`${file.name}: ${await unreadable(file)}`);
  try {
    const { width, height } = image;
    if (width * height > srgb.MAX_PIXELS) {
      throw new InputError(`${file.name}: larger than ${srgb.MAX_PIXELS / 1e6} megapixels; scale it down`);
    }
    const { levels, alpha } = planesOf(image, format !== "jpeg");
    if (ended && levels.data.every((value) => value === levels.data[0])) {
      throw new InputError(`${file.name}: damaged, only its start is there, and no pixels`);
    }
    const told = [
      [ended, opening.CUT],
      [orange(glance(image)), opening.TURN],
      [oneBit(levels), negative.TONELESS],
    ];
    const lines = told.filter(([holds]) => holds).map(([, line]) => line);
    const warning = lines.length ? `${file.name}: ${lines.join("; ")}` : "";
    const kind = format === "telephone" ? (alpha ? "png" : "jpeg") : format;
    return { levels, alpha, format: kind, before: await pictured(image, longest), warning };
  } finally {
    image.close();
  }
}

const startOf = async (file) => String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));

const bitmap = (blob) => createImageBitmap(blob, { premultiplyAlpha: "none" }).catch(() => null);

async function formatOf(file) {
  const start = await startOf(file);
  return Object.keys(SIGNS).find((name) => SIGNS[name].test(start)) ?? "png";
}

async function unreadable(file) {
  if (!file.size) return "empty";
  const start = await startOf(file);
  const kind = Object.keys(FOREIGN).find((name) => FOREIGN[name].sign.test(start));
  if (kind) return `this browser does not read ${kind}; ${FOREIGN[kind].advice}`;
  const known = "JPEG, PNG, WebP, AVIF, GIF and BMP are read, and what else this browser shows";
  return `not an image that this browser can read, or damaged; ${known}`;
}

// Half floats keep the colours of what is nearly transparent, which a canvas multiplies by alpha.
function planesOf(image, clear) {
  const { width, height } = image;
  const rows = Math.min(height, Math.max(1, Math.floor(banding.BAND / width)));
  const canvas = new OffscreenCanvas(width, rows);
  const depth = clear ? { colorType: "float16" } : {};
  const context = canvas.getContext("2d", { colorSpace: "srgb", willReadFrequently: true, ...depth });
  const levels = { data: new Uint16Array(width * height), width, height };
  let alpha = clear ? new Uint8Array(width * height) : null;
  let opaque = true;
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    context.clearRect(0, 0, width, rows);
    context.drawImage(image, 0, top, width, count, 0, 0, width, count);
    const pixels = context.getImageData(0, 0, width, count).data;
    lightnessOf(pixels, levels.data, top * width);
    for (let i = 0; clear && i < count * width; i++) {
      alpha[top * width + i] = pixels[4 * i + 3];
      opaque &&= pixels[4 * i + 3] === 255;
    }
  }
  return { levels, alpha: opaque ? null : alpha };
}

// An image as a JPEG on white whose sides are at most `longest` pixels.
export const pictured = (image, longest) =>
  drawn(image, longest).canvas.convertToBlob({ type: "image/jpeg", quality: painting.SCREEN / 100 });

// The pixels (RGBA) of a tiny picture of an image.
function glance(image) {
  const { canvas, context } = drawn(image, reading.GLANCE);
  return context.getImageData(0, 0, canvas.width, canvas.height).data;
}

function drawn(image, longest) {
  const scale = Math.min(1, longest / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, width, height);
  return { canvas, context };
}
