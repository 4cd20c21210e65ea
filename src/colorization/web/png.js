// Write a PNG of 8 bits, band by band. A canvas would multiply the colours by alpha, and hold the whole picture.

import { chunks } from "./mark.js";

const SIGN = [137, 80, 78, 71, 13, 10, 26, 10];
const SUB = 1; // PNG's filter: subtract the same byte of the left pixel
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

// bands: {pixels: RGBA} from top to bottom. → a blob.
export async function png(bands, { width, height }, alpha) {
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, alpha ? 6 : 2, 0, 0, 0], 8);
  const parts = [Uint8Array.from(SIGN), ...chunk("IHDR", head)];
  for (const [kind, content] of chunks) parts.push(...chunk(kind, content));
  for await (const part of deflated(bands, width, alpha ? 4 : 3)) parts.push(...chunk("IDAT", part));
  return new Blob([...parts, ...chunk("IEND", new Uint8Array(0))], { type: "image/png" });
}

async function* deflated(bands, width, channels) {
  const stream = new CompressionStream("deflate"); // zlib's format, as PNG has it
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  const writing = write(writer, bands, width, channels);
  writing.catch(() => {}); // the reader gets its error, too
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  await writing;
}

async function write(writer, bands, width, channels) {
  try {
    for (const { pixels } of bands) await writer.write(filtered(pixels, width, channels));
    await writer.close();
  } catch (error) {
    await writer.abort(error); // else the reader waits forever
    throw error;
  }
}

function filtered(pixels, width, channels) {
  const rows = pixels.length / 4 / width;
  const found = new Uint8Array(rows * (1 + width * channels));
  for (let row = 0, from = 0, to = 0; row < rows; row++) {
    found[to++] = SUB;
    for (let column = 0; column < width; column++, from += 4) {
      for (let c = 0; c < channels; c++) found[to++] = pixels[from + c] - (column ? pixels[from + c - 4] : 0);
    }
  }
  return found;
}

function chunk(kind, content) {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setUint32(0, content.length);
  head.set([...kind].map((letter) => letter.charCodeAt(0)), 4);
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, checksum([head.subarray(4), content]));
  return [head, content, end];
}

function checksum(parts) {
  let sum = ~0;
  for (const part of parts) for (const byte of part) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
  return ~sum;
}
