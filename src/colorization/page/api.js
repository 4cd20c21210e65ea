// What the page asks of its server. An error is an Error with one line for the user; `told`: the server answered so.

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
    throw new Error("The page's server does not answer; is colorize --serve still running?");
  }
  if (response.ok) return response;
  const told = await response.json().then((tree) => tree.error, () => response.statusText);
  throw Object.assign(new Error(told), { told: true, status: response.status });
}

let largest = Infinity; // bytes of an upload

// {models, default}: what the page says of the models.
export async function models() {
  const found = await (await ask("GET", "api/models")).json();
  largest = found.upload;
  return found;
}

// What the file dialog offers; the server reads it all.
export const decodable = async () => "image/*,.tif,.tiff,.avif,.heic,.heif";

async function uploaded(file) {
  if (file.size > largest) throw new Error(`${file.name}: larger than ${largest >> 20} MB; scale it down`);
  return (await ask("POST", `api/photos?name=${encodeURIComponent(file.name)}`, file)).json();
}

// A new photograph: {id, name, width, height, warning: a line or ""}, its file, its hints, and the steps to undo.
export async function added(file) {
  return { ...(await uploaded(file)), file, hints: [], undo: [] };
}

// Ask about a photograph. The server forgets photographs after a while: then send it again, and ask again.
async function askAbout(photo, method, what, body) {
  try {
    return await ask(method, `api/photos/${photo.id}${what}`, body);
  } catch (error) {
    if (error.status !== 410) throw error;
    photo.id = (await uploaded(photo.file)).id;
    return ask(method, `api/photos/${photo.id}${what}`, body);
  }
}

// The photograph as it was, a blob; longest: of its sides, in pixels.
export async function before(photo, longest) {
  return (await askAbout(photo, "GET", `/before${longest ? `?size=${longest}` : ""}`)).blob();
}

// {picture: a blob, takesHints}; look: {model, vividness, hints}.
export async function preview(photo, look) {
  const response = await askAbout(photo, "POST", "/preview", look);
  return { picture: await response.blob(), takesHints: response.headers.get("Takes-Hints") === "true" };
}

// {likely, others}: colours to offer; question: a look, and x and y.
export async function palette(photo, question) {
  return (await askAbout(photo, "POST", "/palette", question)).json();
}

// The result at full size: {blob, name}.
export async function result(photo, look) {
  return file(await askAbout(photo, "POST", "/result", look));
}

// Colour at full size, and keep the result for the zip.
export async function finish(photo, look) {
  await askAbout(photo, "POST", "/finish", look);
}

// The finished results: {blob, name}.
export async function zipped(photos) {
  return file(await ask("POST", "api/zip", { photos: photos.map((photo) => photo.id) }));
}

export async function removed(photo) {
  await ask("DELETE", `api/photos/${photo.id}`).catch((error) => {
    if (error.status !== 410) throw error;
  });
}

async function file(response) {
  const name = /filename\*=UTF-8''(.+)$/.exec(response.headers.get("Content-Disposition"))[1];
  return { blob: await response.blob(), name: decodeURIComponent(name) };
}
