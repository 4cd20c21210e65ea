// Calls functions of the browser's engine for test_try_engine.py: a question a line, {module, name, given}, answers likewise.
// An array of numbers is {kind, bytes}: the name of a typed array, and base64.

import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(`${process.argv[2]}/`);

function read(key, value) {
  if (!value?.kind) return value;
  const bytes = Uint8Array.from(Buffer.from(value.bytes, "base64"));
  return new globalThis[value.kind](bytes.buffer);
}

function write(key, value) {
  if (!ArrayBuffer.isView(value)) return value;
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return { kind: value.constructor.name, bytes: bytes.toString("base64") };
}

// In place of the network: colours that follow from L and from the hints, as `Stub` of the test.
const network = async ({ data, height, width }, known) => {
  const planes = [0.4, -0.3].map((factor, c) => data.map((L, i) => factor * L + (known ? 0.5 * known.planes[c + 1][i] : 0)));
  return { planes, height, width };
};

const ours = {
  async predicted(levels, vividness, hints, side, curve, detail = 1) {
    const { Colorizer } = await import(new URL("colorizer.js", folder));
    const { painted } = await import(new URL("recolor.js", folder));
    const colour = await new Colorizer(network, side, curve).predict({ levels }, vividness, hints, detail);
    return { colour, pixels: painted(levels, colour, 0, levels.height) };
  },
  async hint(row, css) {
    return (await import(new URL("hints.js", folder))).hint(row, () => css);
  },
  async png(pixels, shape, alpha) {
    const { png } = await import(new URL("png.js", folder));
    const half = Math.ceil(shape.height / 2) * shape.width * 4;
    const bands = [{ pixels: pixels.subarray(0, half) }, { pixels: pixels.subarray(half) }];
    return new Uint8Array(await (await png(bands, shape, alpha)).arrayBuffer());
  },
  async brokenPng(told) {
    const { png } = await import(new URL("png.js", folder));
    function* bands() {
      yield { pixels: new Uint8ClampedArray(4) };
      throw new RangeError(told);
    }
    const waiting = new Promise((resolve) => setTimeout(resolve, 10_000, "waits forever"));
    const ended = png(bands(), { width: 1, height: 2 }, false).catch((error) => `${error.name}: ${error.message}`);
    return Promise.race([ended, waiting]);
  },
  async lightnessOf(pixels) {
    const levels = new Uint16Array(pixels.length / 4);
    (await import(new URL("recolor.js", folder))).lightnessOf(pixels, levels, 0);
    return levels;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { module, name, given } = JSON.parse(line, read);
  let answer;
  try {
    const call = module ? (await import(new URL(module, folder)))[name] : ours[name];
    answer = { answer: await call(...given) };
  } catch (error) {
    answer = { error: error.message };
  }
  console.log(JSON.stringify(answer, write));
}
