// The photographs of the page and what is asked about them; as page/album.py and painting.py.

import { Zip, ZipPassThrough } from "../vendor/fflate.js";
import { album, photos as names, recolor } from "./constants.js";
import { colourOf } from "./css.js";
import { decoded, pictured } from "./decoding.js";
import { InputError } from "./errors.js";
import { hint } from "./hints.js";
import { positive } from "./negative.js";
import { offers } from "./palette.js";
import { shrunk } from "./preparation.js";
import { preview, written } from "./writing.js";

const { DECODED, LONGEST, SHOWN } = album;

// A photograph: its number, its name on the user's disk, its file, a picture of it, and a finished result.
export class Album {
  entries = new Map();
  opened = new Map(); // number, and whether as a negative → what is decoded; the one used last comes last

  // colorizer: a Promise of a Colorizer.
  constructor(colorizer) {
    this.colorizer = colorizer;
  }

  async add({ number, file }) {
    const entry = { number, name: file.name, file, before: null, result: null };
    const { levels, warning } = await this.open(entry);
    this.entries.set(number, entry);
    return { id: number, name: entry.name, width: levels.width, height: levels.height, warning };
  }

  // A photograph by its number.
  find(number) {
    const found = this.entries.get(number);
    if (!found) throw new InputError("the photograph was deleted; choose it again");
    return found;
  }

  async before({ number, longest }) {
    const { before } = this.find(number);
    return longest ? pictured(await createImageBitmap(before), longest) : before;
  }

  async preview({ number, look }) {
    const { opened, colour } = await this.predicted(number, look);
    return { picture: await preview(opened.small, colour, opened.smallAlpha), takesHints: true };
  }

  async palette({ number, question }) {
    const { opened, colour } = await this.predicted(number, question);
    const { width, height } = opened.levels;
    return offers(colour, opened.small, question.x / width, question.y / height);
  }

  async result({ number, look }) {
    const { blob, suffix } = await this.painted(number, look);
    return { blob, name: `${stem(this.find(number).name)}-${look.model}-${look.vividness}${suffix}` };
  }

  async finish({ number, look }) {
    this.find(number).result = await this.painted(number, look);
  }

  // The finished results as a zip, under the names that the command gives them; of two, the second gets a number.
  async zipped({ numbers }) {
    const [parts, taken] = [[], new Set()];
    const archive = new Zip((error, part) => parts.push(part));
    for (const number of numbers) {
      const { name, result } = this.find(number);
      const start = `${stem(name)}${names.ENDING}`;
      let unique = start + result.suffix;
      for (let count = 2; taken.has(unique.toLowerCase()); count++) unique = `${start}-${count}${result.suffix}`;
      taken.add(unique.toLowerCase());
      const member = new ZipPassThrough(unique); // stored: photographs are compressed already
      archive.add(member);
      member.push(new Uint8Array(await result.blob.arrayBuffer()), true);
    }
    archive.end();
    return { blob: new Blob(parts, { type: "application/zip" }), name: names.ZIP };
  }

  remove({ number }) {
    this.entries.delete(number);
    for (const negative of [false, true]) this.opened.delete(keyOf(number, negative));
  }

  async painted(number, look) {
    const { opened, colour } = await this.predicted(number, look);
    return written(opened.levels, colour, opened.alpha, opened.format);
  }

  async predicted(number, { vividness, hints = [], detail, negative }) {
    const opened = await this.open(this.find(number), negative);
    const known = hints.map((one) => hint(one, colourOf));
    return { opened, colour: await (await this.colorizer).predict(opened, vividness, known, detail) };
  }

  // The decoded photograph: {levels, small, alpha, smallAlpha, format}; negative: turned to its positive. Few stay in memory.
  async open(entry, negative = false) {
    const key = keyOf(entry.number, negative);
    const found = this.opened.get(key) ?? (await decoded(entry.file, SHOWN));
    if (negative && !this.opened.has(key)) found.levels = positive(found.levels);
    entry.before ??= found.before;
    found.small ??= reduced(found.levels);
    found.smallAlpha ??= found.alpha && sampled(found.alpha, found.levels, found.small);
    this.opened.delete(key);
    this.opened.set(key, found);
    const pixels = () => [...this.opened.values()].reduce((sum, { levels }) => sum + levels.data.length, 0);
    while (this.opened.size > 1 && pixels() > DECODED) this.opened.delete(this.opened.keys().next().value);
    return found;
  }
}

const keyOf = (number, negative) => `${number}${negative ? " as a negative" : ""}`;
const stem = (name) => name.replace(/(?<=.)\.[^.]*$/, "");

// Lightness levels whose longest side is at most SHOWN.
function reduced(levels) {
  const [shorter, longer] = [levels.height, levels.width].sort((one, other) => one - other);
  if (longer <= SHOWN) return levels;
  const { data, ...shape } = shrunk(levels, Math.max((SHOWN * shorter) / longer, SHOWN / LONGEST));
  return { data: Uint16Array.from(data, (L) => (L + 1) * (recolor.L_LEVELS / 2) + 0.5), ...shape };
}

function sampled(alpha, large, small) {
  const row = (i) => Math.floor((i * large.height) / small.height) * large.width;
  const column = (j) => Math.floor((j * large.width) / small.width);
  return small.data.map((_, at) => alpha[row(Math.floor(at / small.width)) + column(at % small.width)]);
}
