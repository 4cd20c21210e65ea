// The page: photographs, vividness, models, downloads. stage.js has the picture, hints.js the hints, api.js the answers.

import { added, before, decodable, finish, models, removed, result, zipped } from "./api.js";
import { allowReferences, showChoices } from "./choices.js";
import { showFilm, stopFilm } from "./film.js";
import { complain, guarded, tell } from "./messages.js";
import { save } from "./saving.js";
import { about, colourRest, compareWith, onStage, refresh, settings, stage, TRUTH } from "./stage.js";
import { addThumb, outdate, photos, removeThumb } from "./thumbs.js";

const $ = (id) => document.getElementById(id);
const THUMB = 160; // pixels of a thumbnail's longest side
let films; // {told: why films are not taken, or ""; suffixes}
const isFilm = ({ name, type }) =>
  type.startsWith("video/") || films.suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));

// Photographs

// truth: a picture of the true colours, of an example.
async function take(files, truth = null) {
  const lines = [];
  complain();
  for (const [number, file] of [...files].entries()) {
    tell(files.length > 1 ? `Reading ${number + 1} of ${files.length}: ${file.name}` : `Reading ${file.name}`);
    try {
      if (isFilm(file) && films.told) throw new Error(`${file.name}: ${films.told}`);
      const photo = { ...(await added(file, isFilm(file))), truth };
      if (photo.warning) lines.push(photo.warning); // coloured all the same
      const thumb = await before(photo, THUMB);
      addThumb(photo, thumb, () => show(photo));
      if (!onStage() || number === 0) show(photo);
      else frame();
    } catch (error) {
      lines.push(error.message);
    }
  }
  tell("");
  complain(...lines);
  colourRest();
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
  await removed(photo);
  tell(`${photo.name} was removed and deleted`);
}

// Downloads

async function download(photo) {
  tell("Colouring at full size…");
  save(await result(photo, about(photo)));
  tell("");
}

const stills = () => photos.filter((photo) => !photo.times);

async function downloadAll() {
  const all = stills();
  for (const [number, photo] of all.entries()) {
    tell(`Colouring ${number + 1} of ${all.length} at full size: ${photo.name}`);
    await finish(photo, about(photo));
  }
  save(await zipped(all));
  tell(`${all.length} photographs are in the zip`);
}

async function disabledWhile(button, work) {
  button.disabled = true;
  await guarded(work);
  button.disabled = false;
}

// Settings

function setVividness(value) {
  const vividness = Math.min(3, Math.max(0, Number(value)));
  if (!Number.isFinite(vividness)) return;
  settings.vividness = vividness;
  $("vividness").value = $("number").value = vividness;
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
    refresh();
  };
  const label = document.createElement("label");
  label.append(radio, ` ${model.name} (${about})`);
  $("models").append(label);
  $("other").append(new Option(model.name, model.name));
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
for (const input of [$("vividness"), $("number")]) {
  input.oninput = () => {
    if (input.value === "") return;
    setVividness(input.value);
    outdate(onStage());
    refresh();
    if ($("other").value) guarded(compareWith);
  };
}
$("download").onclick = () => disabledWhile($("download"), () => download(onStage()));
$("zip").onclick = () => disabledWhile($("zip"), downloadAll);
$("remove-photo").onclick = () => guarded(() => remove(onStage()));
guarded(start);
