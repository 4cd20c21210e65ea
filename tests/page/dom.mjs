// As much of a browser's page as its scripts ask for, and a server whose answers a scene decides; for scenes.mjs.

class Element {
  constructor(tag) {
    Object.assign(this, { tag, children: [], dataset: {}, files: [], hidden: false, textContent: "", held: "", parent: null });
    this.style = { setProperty() {} };
    this.classList = { toggle() {}, add() {}, remove() {} };
  }
  get value() {
    return this.held;
  }
  set value(value) {
    this.held = String(value);
  }
  get src() {
    return this.source ?? "";
  }
  set src(value) {
    this.source = value;
  }
  get options() {
    return this.children;
  }
  get firstChild() {
    return this.children[0];
  }
  append(...parts) {
    for (const part of parts) if (part instanceof Element) part.parent = this;
    this.children.push(...parts);
  }
  replaceChildren(...parts) {
    this.children = [];
    this.append(...parts);
  }
  remove() {
    this.parent.children = this.parent.children.filter((one) => one !== this);
  }
  removeAttribute(name) {
    if (name === "src") this.source = undefined;
  }
  contains = () => false;
  decode = async () => {};
  getBoundingClientRect = () => ({ left: 0, top: 0, bottom: 0, width: 90, height: 90 });
  setAttribute() {}
  addEventListener() {}
  dispatchEvent() {}
  focus() {}
  click() {}
}

export async function pause(milliseconds) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate); // however busy this machine is
}

const models = [
  { name: "ours", learned: 1, vividness: 1, bundled: true },
  { name: "vae", learned: 1, vividness: 1.5, bundled: false },
];

// What a server says; photographs get the numbers p1, p2, …
function answer({ method, path, body }, uploads) {
  if (path === "api/models") {
    return Response.json({ models, default: "ours", films: { told: "no", suffixes: [], upload: 1 }, upload: 1e9, references: true });
  }
  if (path.startsWith("api/photos?")) {
    uploads.push(path);
    return Response.json({ id: `p${uploads.length}`, name: path.split("name=")[1], width: 90, height: 90, warning: "" });
  }
  if (path.endsWith("/palette")) return Response.json({ likely: ["#111111"], others: [] });
  if (path.endsWith("/preview")) {
    return new Response(new Blob([`${body.model} ${body.vividness}`]), { headers: { "Takes-Hints": "true" } });
  }
  return new Response("{}", { headers: { "Content-Disposition": "attachment; filename*=UTF-8''a.zip" } });
}

// A new page: the elements by their names, the questions that its server gets, and its live object URLs.
// scene.reply(call) → a Response, a promise of one, or undefined for the usual one.
export function opened(scene = {}) {
  const [elements, calls, urls, uploads] = [{}, [], new Map(), []];
  const $ = (id) => (elements[id] ??= new Element(id));
  let made = 0;
  globalThis.document = {
    getElementById: $, createElement: (tag) => new Element(tag), body: new Element("body"),
    addEventListener() {}, querySelectorAll: () => [], activeElement: null,
  };
  globalThis.Image = class extends Element {};
  globalThis.Option = class extends Element {
    constructor(text, value) {
      super("option");
      this.value = value;
    }
  };
  globalThis.getComputedStyle = () => ({ position: "static" });
  globalThis.scrollTo = globalThis.scrollBy = () => {};
  URL.createObjectURL = (blob) => urls.set(`blob:${++made}`, blob) && `blob:${made}`;
  URL.revokeObjectURL = (url) => urls.delete(url);
  globalThis.fetch = async (path, { method, body }) => {
    const call = { method, path, body: typeof body === "string" ? JSON.parse(body) : body };
    calls.push(call);
    if (body instanceof Blob) await body.arrayBuffer();
    return (await scene.reply?.(call)) ?? answer(call, uploads);
  };
  const errors = () => $("errors").children.map(({ textContent }) => textContent);
  const drop = (...names) => {
    const files = names.map((name) => (name instanceof Blob ? name : new File(["a"], name)));
    return $("files").onchange({ target: { files } });
  };
  return { $, calls, urls, errors, drop, asked: (end) => calls.filter(({ path }) => path.endsWith(end)) };
}
