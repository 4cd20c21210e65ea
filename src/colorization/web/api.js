// What the page asks of its engine, a worker on the visitor's own machine; in place of page/api.js, which asks a server.
// An error is an Error with one line for the user; `told`: it is about what was asked.

import { decodable } from "./engine/decodable.js";
import { offline } from "./engine/offline.js";
import { films, files, models as known } from "./engine/constants.js";
import { complain, tell } from "./messages.js";

const worker = new Worker(new URL("./engine/worker.js", import.meta.url), { type: "module" });
const waiting = new Map(); // number of a question → [resolve, reject]
let questions = 0;
let photographs = 0;
let broken = null; // why the engine cannot run

worker.onmessage = ({ data }) => {
  if (data.broken) return complain(data.broken);
  if ("share" in data) return progress(data.share);
  const [resolve, reject] = waiting.get(data.id);
  waiting.delete(data.id);
  return data.error ? reject(Object.assign(new Error(data.error), { told: data.told })) : resolve(data.answer);
};
worker.onerror = () => {
  broken = new Error("This browser cannot run the page's engine; a current Firefox, Chrome, Edge or Safari can.");
  complain(broken.message);
  for (const [, reject] of waiting.values()) reject(broken);
};

const megabytes = Math.round((files.wasm.bytes + files.model.bytes) / 1e6);
let percent = -1;

function progress(share) {
  if (share === null) {
    tell("");
    offline();
  } else if (Math.floor(share * 100) > percent) {
    percent = Math.floor(share * 100);
    tell(`Loading the network, ${megabytes} MB: ${percent} %`);
  }
}

function ask(act, question) {
  if (broken) return Promise.reject(broken);
  const id = ++questions;
  worker.postMessage({ id, act, question });
  return new Promise((...ends) => waiting.set(id, ends));
}

export { decodable };
const ELSEWHERE = "films are for now only in the program: colorize --serve";
export const models = async () => ({ ...known, films: { ...films, told: ELSEWHERE } });
export const film = {}; // films and references are for the program alone
export const reference = null;

export async function added(file) {
  return { ...(await ask("add", { number: ++photographs, file })), file, hints: [], undo: [] };
}

export const before = ({ id }, longest) => ask("before", { number: id, longest });
export const preview = ({ id }, look) => ask("preview", { number: id, look });
export const palette = ({ id }, question) => ask("palette", { number: id, question });
export const result = ({ id }, look) => ask("result", { number: id, look });
export const finish = ({ id }, look) => ask("finish", { number: id, look });
export const zipped = (photos) => ask("zipped", { numbers: photos.map(({ id }) => id) });
export const removed = ({ id }) => ask("remove", { number: id });
