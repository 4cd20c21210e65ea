// The mark of a result, for programs to read: its colours are invented, and by which program. As photo/mark.py, which
// explains it, for files that this page made itself: they hold no other metadata.

import { mark } from "./constants.js";

const encoder = new TextEncoder();
const XMP = encoder.encode(mark.XMP);
const EXIF = Uint8Array.from(mark.EXIF); // starts with "Exif\0\0"

const text = (letters) => encoder.encode(letters);
const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part])); // short ones

// The PNG chunks that hold it: [kind, content].
export const chunks = [
  ["eXIf", EXIF.subarray(6)],
  ["iTXt", joined(text("XML:com.adobe.xmp\0\0\0\0\0"), XMP)],
];

// A JPEG or WebP of a canvas, with the mark. type: "image/jpeg" or "image/webp". → a blob.
export async function marked(blob, type, { width, height }, alpha) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return new Blob(type === "image/jpeg" ? inJpeg(bytes) : inWebp(bytes, width, height, alpha), { type });
}

function segment(...parts) {
  const content = joined(...parts);
  return joined([0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255], content);
}

// Behind the start and JFIF's segment, which comes first.
export function inJpeg(bytes) {
  const at = bytes[2] === 0xff && bytes[3] === 0xe0 ? 4 + (bytes[4] << 8) + bytes[5] : 2;
  const marks = [segment(EXIF), segment(text("http://ns.adobe.com/xap/1.0/\0"), XMP)];
  return [bytes.subarray(0, at), ...marks, bytes.subarray(at)];
}

// WebP says in its chunk VP8X which chunks follow (developers.google.com/speed/webp/docs/riff_container).
const [FLAG_XMP, FLAG_EXIF, FLAG_ALPHA] = [4, 8, 16];

export function inWebp(bytes, width, height, alpha) {
  const extended = String.fromCharCode(...bytes.subarray(12, 16)) === "VP8X";
  const sides = [width, height].map((side) => size(side - 1).subarray(0, 3));
  const made = joined(text("VP8X"), size(10), [alpha ? FLAG_ALPHA : 0, 0, 0, 0], ...sides);
  const head = extended ? bytes.slice(12, 30) : made;
  head[8] |= FLAG_XMP | FLAG_EXIF;
  const parts = [head, bytes.subarray(extended ? 30 : 12), riff("EXIF", EXIF.subarray(6)), riff("XMP ", XMP)];
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return [text("RIFF"), size(length), text("WEBP"), ...parts];
}

const riff = (kind, content) => joined(text(kind), size(content.length), content, content.length % 2 ? [0] : []);

function size(number) {
  const found = new Uint8Array(4);
  new DataView(found.buffer).setUint32(0, number, true);
  return found;
}
