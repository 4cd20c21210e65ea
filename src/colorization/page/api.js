// What the page asks of its server. An error is an Error with one line for the user; `told`: the server answered so.

import { filmOf } from "./film_api.js";

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body instanceof Blob) {
    options.body = body;
    options.headers["Content-Type"] = "application/octet-stream";
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    if (body instanceof Blob && !(await readable(body))) {
      throw new Error(`${body.name}: cannot be read; was it moved, or is it a folder?`);
    }
    throw new Error("The page's server does not answer; is colorize --serve still running?");
  }
  if (response.ok) return response;
  const told = await response.json().then((tree) => tree.error, () => response.statusText);
  throw Object.assign(new Error(told), { told: true, status: response.status });
}

const readable = (blob) => blob.slice(0, 1).arrayBuffer().then(() => true, () => false);

let largest = {}; // bytes of an upload: of a photograph, of a film

// {models, default, films: {told: why films are not taken, or ""; suffixes}}: what the page says of them.
export async function models() {
  const found = await (await ask("GET", "api/models")).json();
  largest = { photos: found.upload, films: found.films.upload };
  return found;
}

// What the file dialog offers; the server reads it all.
export const decodable = async () => "image/*,.tif,.tiff,.avif,.heic,.heif";

async function uploaded(file, kind) {
  if (file.size > largest[kind]) throw new Error(`${file.name}: larger than ${largest[kind] / 2 ** 20} MB; scale it down`);
  return (await ask("POST", `api/${kind}?name=${encodeURIComponent(file.name)}`, file)).json();
}

// A new photograph: {id, name, width, height, warning: a line or ""}, its file, its hints, and the steps to undo. A film also
// has times: of its pictures in seconds; ratio: width / height as it is shown; frame: the number of the picture on the stage.
export async function added(file, isFilm) {
  const kind = isFilm ? "films" : "photos";
  return { ...(await uploaded(file, kind)), kind, file, hints: [], undo: [], ...(isFilm && { frame: 0 }) };
}

// Ask about a photograph. The server forgets photographs after a while: then send them again, a reference first, and ask again.
async function askAbout(photo, method, what, body) {
  const refers = Boolean(body?.like?.length);
  for (const lost of refers ? [photo.like, photo] : [photo]) {
    try {
      return await ask(method, `api/${photo.kind}/${photo.id}${what}`, body);
    } catch (error) {
      if (error.status !== 410 || photo.removed || lost.removed) throw error;
      await sendAgain(lost);
      if (refers) body.like = [photo.like.id];
    }
  }
  return ask(method, `api/${photo.kind}/${photo.id}${what}`, body);
}

async function sendAgain(lost) {
  lost.id = (await uploaded(lost.file, lost.kind)).id;
  if (lost.removed) await removed(lost); // meanwhile
}

export const film = filmOf(askAbout);

// The photograph as it was, a blob; longest: of its sides, in pixels.
export async function before(photo, longest) {
  const asked = Object.entries({ size: longest, frame: photo.frame }).filter(([, value]) => value !== undefined);
  return (await askAbout(photo, "GET", `/before?${new URLSearchParams(asked)}`)).blob();
}

// {picture: a blob, takesHints}; look: see `body` of stage.js.
export async function preview(photo, look) {
  const played = film.played(photo, look);
  if (played) return { picture: played, takesHints: true };
  const response = await askAbout(photo, "POST", "/preview", look);
  return { picture: await response.blob(), takesHints: response.headers.get("Takes-Hints") === "true" };
}

// {likely, others}: colours to offer; question: a look, and x and y.
export async function palette(photo, question) {
  return (await askAbout(photo, "POST", "/palette", question)).json();
}

// A new photograph in colour, whose colours another one can get.
export async function reference(file) {
  const found = await added(file);
  try {
    await askAbout(found, "POST", "/reference", {});
    return found;
  } catch (error) {
    await removed(found);
    throw error;
  }
}

// The result at full size: {blob, name}.
export async function result(photo, look) {
  return file(await askAbout(photo, "POST", "/result", look));
}

// Colour at full size, and keep the result for the zip; others: the other photographs of the zip, which are kept meanwhile.
export async function finish(photo, look, others) {
  await askAbout(photo, "POST", "/finish", { ...look, others: others.map(({ id }) => id) });
}

// The finished results: {blob, name}.
export async function zipped(photos) {
  return file(await ask("POST", "api/zip", { photos: photos.map((photo) => photo.id) }));
}

// Delete a photograph; it is not sent again.
export async function removed(photo) {
  photo.removed = true;
  await ask("DELETE", `api/${photo.kind}/${photo.id}`).catch((error) => {
    if (error.status !== 410) throw error;
  });
}

async function file(response) {
  const name = /filename\*=UTF-8''(.+)$/.exec(response.headers.get("Content-Disposition"))[1];
  return { blob: await response.blob(), name: decodeURIComponent(name) };
}
