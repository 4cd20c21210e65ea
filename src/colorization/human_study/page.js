"use strict";
const $ = (id) => document.getElementById(id);
const study = JSON.parse($("study").textContent);
const SIDES = ["left", "right"];
const KEYS = { ArrowLeft: 0, f: 0, F: 0, ArrowRight: 1, j: 1, J: 1 };
const FIXATION = 700; // milliseconds of the cross before a pair
const LONGEST = 24 * 60 * 60 * 1000; // milliseconds of an answer, as answer_files.py allows
const HALF_FRAME = 8; // milliseconds: a display ends with the frame nearest to the end of its time

const digits = (byte) => byte.toString(16).padStart(2, "0");
const hex = (bytes) => Array.from(crypto.getRandomValues(new Uint8Array(bytes)), digits).join("");
const random = (n) => Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * n);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const frame = () => new Promise(requestAnimationFrame);
const pressed = (id) => new Promise((done) => $(id).addEventListener("click", done, { once: true }));

let waiting = null; // receives the answer, while the page waits for one
let interrupted = false; // the page was hidden during a display
let unsaved = false;
let pointer = "mouse";

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

function show(screen) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== screen;
  document.body.dataset.screen = screen;
  scrollTo(0, 0);
  $(`${screen}-title`).focus();
}

function state(name, status) {
  $("pair").dataset.state = name;
  $("status").textContent = status;
  for (const side of SIDES) $(side).setAttribute("aria-disabled", String(name !== "answer"));
}

function answer(side, input) {
  if (!waiting) return;
  const take = waiting;
  waiting = null;
  take({ side, input });
}

// Decodes both pictures before the cross disappears: they appear in one frame, and decoding takes none of their time.
async function decoded(uris) {
  const images = uris.map((uri) => Object.assign(new Image(), { alt: "", draggable: false, src: uri }));
  await Promise.all(images.map((image) => image.decode()));
  return images;
}

function place(images) {
  SIDES.forEach((side, i) => $(side).firstElementChild.replaceChildren(...(images ? [images[i]] : [])));
}

// Shows the pair for its time, and again if the page was hidden meanwhile.
async function display(images) {
  do {
    state("cross", "");
    await pause(FIXATION);
    let now = await frame(); // resolves only while the page is visible
    const start = now;
    interrupted = false;
    place(images);
    state("look", "");
    while (now - start < study.seconds * 1000 - HALF_FRAME) now = await frame();
    place(null);
  } while (interrupted);
}

// → the chosen one of the trial's two images, its side, and the milliseconds since the pictures disappeared.
async function ask(trial) {
  const order = random(2) ? [0, 1] : [1, 0];
  const images = await decoded(order.map((index) => trial.images[index]));
  await display(images);
  const start = performance.now();
  state("answer", "Which one was the photograph?");
  const { side, input } = await new Promise((take) => (waiting = take));
  const milliseconds = Math.min(LONGEST, Math.round(performance.now() - start));
  state("wait", "");
  return { images, order, input, chosen: order[side], side: SIDES[side], milliseconds };
}

async function practise() {
  for (const [i, trial] of study.practice.entries()) {
    $("trial-title").textContent = `Practice ${i + 1} of ${study.practice.length}`;
    const { images, order, chosen } = await ask(trial);
    const right = chosen === trial.photograph;
    place(images);
    SIDES.forEach((side, k) => {
      const photograph = order[k] === trial.photograph;
      $(`${side}-truth`).textContent = photograph ? "the photograph" : "made-up colours";
      $(`${side}-truth`).classList.toggle("photograph", photograph);
    });
    const where = SIDES[order.indexOf(trial.photograph)];
    $("status").textContent = `${right ? "Correct" : "Not this one"}: the photograph is on the ${where}.`;
    $("next").hidden = false;
    $("next").focus();
    await pressed("next");
    $("next").hidden = true;
    place(null);
    for (const side of SIDES) $(`${side}-truth`).textContent = "";
    $("trial-title").focus();
  }
}

async function run() {
  await pressed("start");
  unsaved = true;
  if (study.practice.length) {
    $("progress").hidden = true;
    show("trial");
    await practise();
    $("progress").hidden = false;
    show("ready");
    await pressed("begin");
  }
  show("trial");
  const started = `${new Date().toISOString().slice(0, 16)}Z`;
  const trials = [];
  const inputs = new Set();
  for (const trial of shuffled(study.trials)) {
    $("trial-title").textContent = `Pair ${trials.length + 1} of ${study.trials.length}`;
    $("progress").value = trials.length;
    const { chosen, side, milliseconds, input } = await ask(trial);
    trials.push({ id: trial.id, chosen, side, milliseconds });
    inputs.add(input);
  }
  const input = inputs.size === 1 ? [...inputs][0] : "mixed";
  finish({ study: study.study, participant: hex(8), started, seconds: study.seconds, input, trials });
}

function finish(answers) {
  const text = `${JSON.stringify(answers).replaceAll('{"id"', '\n{"id"')}\n`; // one trial per line
  const name = `answers-${answers.participant}.json`;
  const saved = (message) => {
    unsaved = false;
    $("saved").textContent = message;
  };
  $("file").textContent = name;
  $("text").value = text;
  $("download").addEventListener("click", () => {
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(new Blob([text], { type: "application/json" })),
      download: name,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    saved("Downloaded. You can close the page.");
  });
  $("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      saved("Copied. Paste it into a message, then close the page.");
    } catch {
      document.querySelector("details").open = true; // the browser forbids copying: show the text
      $("text").select();
      saved("Your browser does not let the page copy. The text below is selected: copy it yourself.");
    }
  });
  show("end");
}

SIDES.forEach((side, i) => {
  $(side).addEventListener("click", (event) => answer(i, event.detail === 0 ? "keyboard" : pointer));
});
document.addEventListener("pointerdown", (event) => (pointer = event.pointerType === "mouse" ? "mouse" : "touch"));
document.addEventListener("keydown", (event) => {
  if (!(event.key in KEYS) || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if (document.body.dataset.screen !== "trial") return;
  event.preventDefault();
  answer(KEYS[event.key], "keyboard");
});
document.addEventListener("visibilitychange", () => (interrupted = interrupted || document.hidden));
addEventListener("beforeunload", (event) => unsaved && event.preventDefault());
run();
