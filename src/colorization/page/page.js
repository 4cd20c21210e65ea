// The page: photographs, vividness, models. stage.js has the picture, hints.js the hints, api.js the answers.

import { added, before, decodable, models, removed } from "./api.js";
import { allowReferences, forget, showChoices } from "./choices.js";
import { stills } from "./downloads.js";
import { showFilm, stopFilm } from "./film.js";
import { also, complain, guarded, tell } from "./messages.js";
import { colourRest, onStage, recolour, settings, stage, TRUTH } from "./stage.js";
import { addThumb, outdate, photos, removeThumb } from "./thumbs.js";

const $ = (id) => document.getElementById(id);
const THUMB = 160; // pixels of a thumbnail's longest side
let known = null; // a Promise: what the page offers is known; null: to be asked
let films; // {told: why films are not taken, or ""; suffixes}
const isFilm = ({ name, type }) =>
  type.startsWith("video/") || films.suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));

// Photographs

let drops = Promise.resolve();
let dropping = 0; // how many drops are not read to their end

// Read files, those of one drop after those of another; truth: a picture of the true colours, of an example.
function take(files, truth = null) {
  const chosen = [...files];
  if (!dropping++) complain(); // else the lines of the other drop stay
  drops = drops.then(() => taken(chosen, truth)).finally(() => dropping--);
  return drops;
}

async function taken(files, truth) {
  const lines = [];
  for (const [number, file] of files.entries()) {
    tell(files.length > 1 ? `Reading ${number + 1} of ${files.length}: ${file.name}` : `Reading ${file.name}`);
    try {
      await ready();
      if (isFilm(file) && films.told) throw new Error(`${file.name}: ${films.told}`);
      const photo = { ...(await added(file, isFilm(file))), truth };
      if (photo.warning) lines.push(photo.warning); // coloured all the same
      const thumb = await before(photo, THUMB);
      addThumb(photo, thumb, () => choose(photo));
      if (!onStage() || number === 0) show(photo);
      else frame();
    } catch (error) {
      lines.push(error.message);
    }
  }
  tell("");
  also(...lines);
  colourRest();
}

function choose(photo) {
  complain();
  show(photo);
}

function show(photo) {
  stopFilm();
  stage(photo);
  showFilm(photo);
  showChoices(photo);
  frame();
  if (photo) scrollTo({ top: 0 });
}

// What is around the picture.
function frame() {
  document.body.classList.toggle("working", Boolean(onStage()));
  $("work").hidden = $("add").hidden = !onStage();
  document.body.classList.toggle("several", photos.length > 1);
  $("strip").hidden = photos.length < 2;
  $("zip").hidden = stills().length < 2;
  $("download").hidden = Boolean(onStage()?.times);
  $("remove-photo").textContent = `Remove this ${onStage()?.times ? "film" : "photograph"}`;
  for (const photo of photos) photo.item.firstChild.setAttribute("aria-pressed", String(photo === onStage()));
}

async function remove(photo) {
  const place = photos.indexOf(photo);
  removeThumb(photo);
  show(photos[Math.min(place, photos.length - 1)] ?? null);
  await Promise.all([removed(photo), forget(photo)]);
  tell(`${photo.name} was removed and deleted`);
}

// Settings

const controls = [$("vividness"), $("number")];

// input: the control that is being moved or typed in, which stays as it is.
function setVividness(value, input = null) {
  const vividness = Math.min(3, Math.max(0, Number(value)));
  if (!Number.isFinite(vividness)) return;
  settings.vividness = vividness;
  for (const control of controls) if (control !== input) control.value = vividness;
}

function chooseModel(model) {
  settings.model = model.name;
  setVividness(model.vividness);
}

function addModel(model) {
  const origin = model.bundled ? "comes with colorize; " : "";
  const learned = model.learned === null ? "damaged" : `learned from ${model.learned.toLocaleString("en")} photographs`;
  const about = model.trial ? `a trial: ${learned} only; expect wrong colours` : `${origin}${learned}`;
  const radio = Object.assign(document.createElement("input"), { type: "radio", name: "model", checked: model.name === settings.model });
  radio.onchange = () => {
    chooseModel(model);
    outdate(onStage());
    recolour();
  };
  const label = document.createElement("label");
  label.append(radio, ` ${model.name} (${about})`);
  $("models").append(label);
  $("other").append(new Option(model.name, model.name));
}

// Ask what the page offers, once; after a failure again.
function ready() {
  known ??= start().catch((error) => {
    known = null;
    throw error;
  });
  return known;
}

async function start() {
  const found = await models();
  films = found.films;
  allowReferences(Boolean(found.references));
  const best = found.models.find((model) => model.name === found.default);
  chooseModel(best);
  $("other").append(new Option("the original", ""), new Option("true colours", TRUTH));
  found.models.forEach(addModel);
  $("other-models").hidden = found.models.length < 2;
  $("files").accept = [await decodable(), ...(films.told ? [] : ["video/*", ...films.suffixes])].join(",");
  if (!films.told) $("films").textContent = `, films of up to ${films.upload / 2 ** 30} GB, too`;
  const what = best.bundled ? "landscapes and everyday scenes" : "what they showed is in its own study";
  $("learned").textContent = `It learned from ${best.learned.toLocaleString("en")} photographs: ${what}.`;
}

$("add").onclick = () => $("files").click();
$("files").onchange = async (event) => {
  const files = [...event.target.files];
  event.target.value = "";
  await take(files);
};
document.ondragover = (event) => event.preventDefault();
document.ondragenter = () => document.body.classList.add("dragging");
document.ondragleave = (event) => event.relatedTarget || document.body.classList.remove("dragging");
document.ondrop = (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  take(event.dataTransfer.files);
};
document.onpaste = (event) => event.clipboardData.files.length && take(event.clipboardData.files);
for (const button of document.querySelectorAll("[data-example]")) {
  const name = button.dataset.example;
  const fetched = async (file) => (await fetch(`examples/${file}`)).blob();
  button.onclick = () =>
    guarded(async () => take([new File([await fetched(`${name}.jpg`)], `${name}.jpg`)], await fetched(`true/${name}.jpg`)));
}
for (const input of controls) {
  input.oninput = () => {
    if (input.value === "") return;
    setVividness(input.value, input);
    outdate(onStage());
    recolour();
  };
  input.onchange = () => setVividness(settings.vividness); // as it counts: within the limits
}
$("remove-photo").onclick = () => guarded(() => remove(onStage()));
guarded(ready);
