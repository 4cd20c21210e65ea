// The picture on the stage: the current photograph as the settings say, beside what it was before.

import { before, preview } from "./api.js";
import { copied, Hints } from "./hints.js";
import { complain, tell, trying } from "./messages.js";
import { newest } from "./newest.js";
import { colour, colourOthers, photos } from "./thumbs.js";

const $ = (id) => document.getElementById(id);
const SLOW = 400; // milliseconds until the page says that it works
const body = (photo, list = photo.hints) => {
  const { frame, detail = 1, negative = false, like } = photo;
  return { ...settings, hints: copied(list), frame, detail, negative, like: like ? [like.id] : [] };
};

export const TRUTH = "true colours"; // the value of `other` for an example's true colours
export const settings = {}; // model, vividness
let current = null; // the photograph on the stage
let painting = false;
const [painted, shown] = [trying(), trying()];
const hints = new Hints({ change: () => refresh(), body, complain, tell, seek });

export const refresh = newest(() => painted(async () => current && paint(current)), busy);

function busy() {
  painting = true;
  $("stage").setAttribute("aria-busy", "true");
  const slow = setTimeout(waiting, SLOW, "Colouring… the first time takes a few seconds");
  return () => {
    clearTimeout(slow);
    waiting("");
    $("stage").setAttribute("aria-busy", "false");
    painting = false;
    colourRest();
  };
}

// The settings changed: colour the picture anew, and what it is compared with.
export function recolour() {
  refresh();
  if ($("other").value) compareWith();
}

// Colour the photographs that wait beside the current one; it comes first.
export function colourRest() {
  colourOthers(body, () => !painting && photos.includes(current));
}

// An answer about a photograph; its error only if the photograph is still on the stage.
const wantedOf = (photo, answer) => answer.catch((error) => photo === current && Promise.reject(error));

async function paint(photo) {
  const found = await wantedOf(photo, colour(photo, body(photo)));
  if (photo !== current || !found?.url) return;
  const { url, takesHints } = found;
  $("after").src = url;
  await $("after").decode().catch(() => {}); // another photograph came meanwhile
  $("after").alt = `${photo.name}, coloured`;
  hints.allow(takesHints);
}

function waiting(text) {
  $("waiting").textContent = text;
  $("waiting").hidden = !text;
}

export const compareWith = newest(() => shown(compare));

async function compare() {
  const [photo, other] = [current, $("other").value];
  if (!photo) return;
  const { frame } = photo;
  const blob = await wantedOf(photo, compared(photo, other));
  if (!blob || photo !== current || frame !== photo.frame || other !== $("other").value) return;
  URL.revokeObjectURL($("before").src);
  $("before").src = URL.createObjectURL(blob);
  $("before").alt = !other ? `${photo.name} before` : other === TRUTH ? `${photo.name}, true colours` : `${photo.name}, coloured by ${other}`;
}

async function compared(photo, other) {
  if (!other) return before(photo);
  return other === TRUTH ? photo.truth : (await preview(photo, { ...body(photo, []), model: other, like: [] })).picture;
}

// Offer what the photograph can be compared with.
function comparable(photo) {
  const choices = [...$("other").options];
  const truth = choices.find(({ value }) => value === TRUTH);
  truth.hidden = truth.disabled = !photo.truth;
  if (truth.hidden && truth.selected) $("other").value = "";
  $("other").hidden = choices.filter((choice) => !choice.hidden).length < 2;
}

// Put a photograph on the stage; null: none.
export function stage(photo) {
  current = photo;
  hints.show(photo);
  URL.revokeObjectURL($("before").src);
  for (const image of [$("after"), $("before")]) image.removeAttribute("src");
  if (!photo) return;
  $("stage").style.setProperty("--ratio", photo.ratio ?? photo.width / photo.height);
  if (photo.picture) $("after").src = photo.picture;
  comparable(photo);
  compareWith();
  refresh();
}

// Show another picture of the film on the stage.
export function seek(frame) {
  current.frame = frame;
  hints.show(current);
  $("stage").dispatchEvent(new Event("seek"));
  compareWith();
  refresh();
}

export const onStage = () => current;
export const about = (photo) => body(photo); // the whole question, as for a result

$("compare").oninput = () => {
  $("stage").style.setProperty("--split", `${$("compare").value}%`);
  $("divider").hidden = $("compare").value === "0";
};
$("other").onchange = () => {
  complain();
  compareWith();
};
