// The engine: answers what api.js asks, one question after the other, away from the thread that draws the page.

import { Album } from "./album.js";
import { Colorizer } from "./colorizer.js";
import { files } from "./constants.js";
import { InputError } from "./errors.js";
import { opened } from "./network.js";

// The bytes of files beside this one; tells the page which share of all has come.
async function fetched(wanted) {
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  let got = 0;
  return Promise.all(
    wanted.map(async ({ path, bytes }) => {
      const response = await fetch(new URL(path, import.meta.url));
      if (!response.ok) throw new InputError(`${path}: ${response.status}; load the page again`);
      const content = new Uint8Array(bytes);
      let at = 0;
      for (let reader = response.body.getReader(), part; !(part = await reader.read()).done; ) {
        content.set(part.value, at);
        at += part.value.length;
        got += part.value.length;
        postMessage({ share: got / total });
      }
      if (at !== bytes) throw new InputError(`${path}: cut off; load the page again`);
      return content;
    }),
  );
}

async function load() {
  try {
    const network = await opened(...(await fetched([files.wasm, files.model])));
    postMessage({ share: null });
    return new Colorizer(network, files.model.image_size, files.model.curve);
  } catch (error) {
    throw error.told ? error : new InputError(`The network cannot be run in this browser (${error.message}).`);
  }
}

const colorizer = load();
colorizer.catch((error) => postMessage({ broken: error.message }));
const album = new Album(colorizer);
let last = Promise.resolve();

async function answer({ id, act, question }) {
  try {
    postMessage({ id, answer: await album[act](question) });
  } catch (error) {
    const memory = error instanceof RangeError && "not enough memory for this photograph; scale it down";
    postMessage({ id, error: memory || error.message, told: Boolean(error.told) });
  }
}

onmessage = ({ data }) => (last = last.then(() => answer(data)));
