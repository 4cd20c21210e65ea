// What belongs to the photograph or film on the stage: detail, negative, and a reference whose colours it gets.

import { before, reference, removed } from "./api.js";
import { guarded, tell } from "./messages.js";
import { onStage, recolour, refresh } from "./stage.js";
import { photos } from "./thumbs.js";

const $ = (id) => document.getElementById(id);
const SMALL = 160; // pixels of the longer side of a reference's picture
let references = false;

// Whether references can be taken.
export function allowReferences(allowed) {
  references = allowed;
}

export function showChoices(photo) {
  $("detail").checked = photo?.detail === 2;
  $("negative").checked = Boolean(photo?.negative);
  $("like").hidden = !references;
  $("like-chosen").hidden = !photo?.like;
  if (photo?.like) {
    $("like-picture").src = photo.like.url;
    $("like-name").textContent = photo.like.name;
  }
}

async function like(photo, file) {
  tell(`Reading ${file.name}`);
  const found = await reference(file);
  found.url = URL.createObjectURL(await before(found, SMALL));
  tell("");
  await forget(photo);
  photo.like = found;
  if (photos.includes(photo)) changed(photo);
  else await forget(photo); // it was removed meanwhile
}

// Delete the reference of a photograph, if it has one.
export async function forget({ like }) {
  if (!like) return;
  URL.revokeObjectURL(like.url);
  await removed(like);
}

async function unlike(photo) {
  await forget(photo);
  photo.like = null;
  changed(photo);
}

function changed(photo) {
  if (photo !== onStage()) return;
  showChoices(photo);
  refresh();
}

$("detail").onchange = () => {
  onStage().detail = $("detail").checked ? 2 : 1;
  recolour();
};
$("negative").onchange = () => {
  onStage().negative = $("negative").checked;
  recolour();
};
$("reference").onchange = (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  guarded(() => like(onStage(), file));
};
$("unlike").onclick = () => guarded(() => unlike(onStage()));
$("like").ondragover = () => $("like").classList.add("over");
$("like").ondragleave = () => $("like").classList.remove("over");
$("like").ondrop = (event) => {
  $("like").classList.remove("over");
  const file = event.dataTransfer.files[0];
  if (!file) return;
  event.preventDefault();
  event.stopPropagation(); // not one more photograph
  document.body.classList.remove("dragging");
  guarded(() => like(onStage(), file));
};
