// What the page asks of its server; an error is an Error with one line for the user.

export async function ask(method, path, body, signal) {
  const options = { method, signal, headers: {} };
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
  throw Object.assign(new Error(told), { status: response.status });
}

let largest = Infinity; // bytes of an upload

export async function models() {
  const found = await (await ask("GET", "/api/models")).json();
  largest = found.upload;
  return found;
}

async function uploaded(file) {
  if (file.size > largest) throw new Error(`${file.name}: larger than ${largest >> 20} MB; scale it down`);
  return (await ask("POST", `/api/photos?name=${encodeURIComponent(file.name)}`, file)).json();
}

// A new photograph: what the server knows of it, its file, its hints, and the steps to undo.
export async function added(file) {
  return { ...(await uploaded(file)), file, hints: [], undo: [] };
}

// Ask about a photograph. The server forgets photographs after a while: then send it again, and ask again.
export async function askAbout(photo, method, what, body) {
  try {
    return await ask(method, `/api/photos/${photo.id}${what}`, body);
  } catch (error) {
    if (error.status !== 410) throw error;
    photo.id = (await uploaded(photo.file)).id;
    return ask(method, `/api/photos/${photo.id}${what}`, body);
  }
}

// Save a blob under a name on the user's disk.
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export async function saveResponse(response) {
  const name = /filename\*=UTF-8''(.+)$/.exec(response.headers.get("Content-Disposition"))[1];
  save(await response.blob(), decodeURIComponent(name));
}
