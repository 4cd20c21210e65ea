// A film on the stage: its pictures along a slider, its scene played, the whole film coloured.

import { film } from "./api.js";
import { also, guarded, tell } from "./messages.js";
import { about, onStage, seek } from "./stage.js";
import { clock } from "./times.js";

const $ = (id) => document.getElementById(id);
const ASKED = 500; // milliseconds between two questions about a work
const FEW = 50; // pictures after which the time that is left can be told
let stop = null; // ends the playing

export function showFilm(photo) {
  document.body.classList.toggle("filming", Boolean(photo?.times));
  $("film").hidden = $("colour-film").hidden = $("film-hint").hidden = !photo?.times;
  $("again").hidden = true;
  if (photo?.times) $("time").max = photo.times.length - 1;
  draw();
}

function draw() {
  const photo = onStage();
  if (!photo?.times) return;
  const { times, frame, job } = photo;
  $("time").value = frame;
  $("time").setAttribute("aria-valuetext", `picture ${frame + 1} of ${times.length}, ${clock(times[frame])}`);
  $("clock").textContent = `${clock(times[frame])} of ${clock(times.at(-1))}`;
  $("earlier").disabled = frame === 0;
  $("later").disabled = frame === times.length - 1;
  $("play").textContent = stop ? "Stop" : "Play this scene";
  $("play").disabled = $("colour-film").disabled = Boolean(job);
  $("progress").hidden = !job;
  $("again").hidden = !photo.finished;
  if (photo.finished) $("again").href = film.result(photo);
  if (job) drawProgress(job);
}

function drawProgress({ whole, done, total, seconds }) {
  const what = whole ? "Colouring the film" : "Colouring the scene";
  const left = done > FEW ? `, ${clock((seconds / done) * (total - done)).replace(/\..$/, "")} left` : "";
  $("share").max = total || 1;
  $("share").value = done;
  $("told").textContent = total ? `${what}: ${Math.floor((100 * done) / total)} %${left}` : `${what}…`;
}

// Begin a work on a film, and follow it to its end: what the server tells of it then, or null if it was cancelled.
async function worked(photo, begin, whole) {
  photo.job = { whole, done: 0, total: 0 };
  draw();
  try {
    await begin();
    while ((photo.job = await film.job(photo)).state === "running") {
      draw();
      await new Promise((resolve) => setTimeout(resolve, ASKED));
    }
    const { state, lines } = photo.job;
    if (state === "failed") throw new Error(lines[0]);
    also(...lines);
    if (state === "cancelled") tell("Cancelled");
    return state === "done" ? photo.job : null;
  } catch (error) {
    if (photo.removed) return null;
    throw error;
  } finally {
    photo.job = null;
    draw();
  }
}

async function playScene(photo) {
  const look = about(photo);
  if (!film.played(photo, look)) {
    const job = await worked(photo, () => film.play(photo, look), false);
    if (!job) return;
    photo.scene = await film.scene(photo, look, job.first);
  }
  if (photo === onStage()) stop = played(photo);
  draw();
}

// Show the pictures of a film's scene at their times, again and again; returns what ends it.
function played(photo) {
  const { times, scene } = photo;
  const urls = scene.pictures.map((picture) => URL.createObjectURL(picture));
  const last = scene.first + urls.length - 1;
  const end = 2 * times[last] - times[last - 1];
  if (photo.frame < scene.first || photo.frame > last) photo.frame = scene.first; // the slider was moved meanwhile
  let [began, from] = [performance.now(), photo.frame];
  let next = requestAnimationFrame(function step(now) {
    let seconds = times[from] + Math.max(0, now - began) / 1000;
    if (seconds >= end) {
      [began, from, seconds] = [now, scene.first, times[scene.first]];
      photo.frame = scene.first;
    }
    while (photo.frame < last && times[photo.frame + 1] <= seconds) photo.frame++;
    $("after").src = urls[photo.frame - scene.first];
    draw();
    next = requestAnimationFrame(step);
  });
  document.body.classList.add("playing");
  return () => {
    cancelAnimationFrame(next);
    document.body.classList.remove("playing");
    setTimeout(() => urls.forEach((url) => URL.revokeObjectURL(url)), 1000); // the last one is still on the stage
  };
}

// Stop playing at the picture that is shown.
export function stopFilm() {
  if (!stop) return;
  stop();
  stop = null;
  if (onStage()) seek(onStage().frame);
}

async function colourFilm(photo) {
  photo.finished = false;
  const job = await worked(photo, () => film.colour(photo, about(photo)), true);
  if (!job) return;
  photo.finished = true;
  draw();
  tell(`${photo.name} is coloured; it is being downloaded`);
  Object.assign(document.createElement("a"), { href: film.result(photo), download: "" }).click();
}

function go(frame) {
  stopFilm();
  seek(Math.min(onStage().times.length - 1, Math.max(0, frame)));
}

$("time").oninput = () => go(Number($("time").value));
$("earlier").onclick = () => go(onStage().frame - 1);
$("later").onclick = () => go(onStage().frame + 1);
$("play").onclick = () => (stop ? stopFilm() : guarded(() => playScene(onStage())));
$("colour-film").onclick = () => {
  stopFilm();
  guarded(() => colourFilm(onStage()));
};
$("cancel").onclick = () => guarded(() => film.cancel(onStage()));
$("stage").addEventListener("seek", draw);
