// The downloads: the photograph on the stage, and all photographs as a zip.

import { finish, result, zipped } from "./api.js";
import { also, guarded, tell } from "./messages.js";
import { save } from "./saving.js";
import { about, onStage } from "./stage.js";
import { photos } from "./thumbs.js";

const $ = (id) => document.getElementById(id);
export const stills = () => photos.filter((photo) => !photo.times);
const here = (photo) => photos.includes(photo); // it was not removed meanwhile

async function download(photo) {
  tell("Colouring at full size…");
  save(await result(photo, about(photo)));
  tell("");
}

async function downloadAll() {
  const [all, done, lines] = [stills(), [], []];
  for (const [number, photo] of all.entries()) {
    if (!here(photo)) continue;
    tell(`Colouring ${number + 1} of ${all.length} at full size: ${photo.name}`);
    try {
      await finish(photo, about(photo), all.filter((other) => other !== photo && here(other)));
      done.push(photo);
    } catch (error) {
      if (here(photo)) lines.push(named(photo, error.message));
    }
  }
  also(...lines);
  await pack(done.filter(here));
}

async function pack(done) {
  if (done.length) save(await zipped(done));
  tell(done.length === 1 ? "1 photograph is in the zip" : done.length ? `${done.length} photographs are in the zip` : "");
}

const named = ({ name }, line) => (line.startsWith(`${name}: `) ? line : `${name}: ${line}`);

async function disabledWhile(button, work) {
  button.disabled = true;
  await guarded(work);
  button.disabled = false;
}

$("download").onclick = () => disabledWhile($("download"), () => download(onStage()));
$("zip").onclick = () => disabledWhile($("zip"), downloadAll);
