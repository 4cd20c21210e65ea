// Stores the files of the page and answers with them, so that it works without a network.
// FILES and VERSION come before this line, from the build: [path, its integrity] of each file, and a hash of all.

const NAME = `colorize ${self.registration.scope} `; // other pages may share the host
const HEADERS = {
  // They isolate the page, so that WebAssembly may use threads; static hosts do not send them.
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", (event) => {
  const requests = FILES.map(([path, integrity]) => new Request(path, { integrity, cache: "no-cache" }));
  event.waitUntil(caches.open(NAME + VERSION).then((cache) => cache.addAll(requests)));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith(NAME) && name !== NAME + VERSION;
  const drop = async () => Promise.all((await caches.keys()).filter(old).map((name) => caches.delete(name)));
  event.waitUntil(drop());
});

self.addEventListener("fetch", (event) => {
  if (event.request.method === "GET" && event.request.url.startsWith(self.registration.scope)) {
    event.respondWith(answer(event.request));
  }
});

// A file of the page; a visit to any other place, as to the folder itself, gets the page.
async function stored(cache, request) {
  const found = await cache.match(request, { ignoreSearch: true });
  return found ?? (request.mode === "navigate" ? cache.match("index.html") : undefined);
}

async function answer(request) {
  const cache = await caches.open(NAME + VERSION);
  const found = (await stored(cache, request)) ?? (await fetch(request));
  const headers = new Headers(found.headers);
  for (const [key, value] of Object.entries(HEADERS)) headers.set(key, value);
  return new Response(found.body, { status: found.status, statusText: found.statusText, headers });
}
