// The photographs of the page and their thumbnails: each shows its coloured picture, or how far it is.

import { preview } from "./api.js";

const STATES = { waiting: "waiting", colouring: "colouring…", done: "coloured", failed: "failed" };
export const photos = [];
let working = false;

// thumb: a small picture of it; open(): it was chosen.
export function addThumb(photo, thumb, open) {
  const button = Object.assign(document.createElement("button"), { onclick: open });
  const url = URL.createObjectURL(thumb);
  photo.thumb = Object.assign(new Image(), { alt: "", src: url });
  photo.thumb.decode().catch(() => {}).finally(() => URL.revokeObjectURL(url)); // it keeps what it has decoded
  photo.told = document.createElement("i");
  button.append(photo.thumb, Object.assign(document.createElement("span"), { textContent: photo.name }), photo.told);
  photo.item = document.createElement("li");
  photo.item.append(button);
  document.getElementById("thumbs").append(photo.item);
  photos.push(photo);
  mark(photo, "waiting");
}

export function removeThumb(photo) {
  photos.splice(photos.indexOf(photo), 1);
  photo.item.remove();
  if (photo.picture) URL.revokeObjectURL(photo.picture);
}

function mark(photo, state) {
  photo.state = photo.item.dataset.state = state;
  photo.told.textContent = STATES[state];
}

// The settings changed: the pictures of all others are out of date.
export function outdate(current) {
  for (const photo of photos.filter((one) => one !== current)) {
    photo.asked = null; // an answer on its way has the old settings
    mark(photo, "waiting");
  }
}

// Colour a photograph as `look` says; its picture stays what it is if a later question is on its way, or if it was removed.
// Returns {url, takesHints}, url null for a late answer.
export async function colour(photo, look) {
  const asked = (photo.asked = {});
  mark(photo, "colouring");
  try {
    const { picture, takesHints } = await preview(photo, look);
    if (asked !== photo.asked || !photos.includes(photo)) return { url: null, takesHints };
    if (photo.picture) URL.revokeObjectURL(photo.picture);
    photo.picture = photo.thumb.src = URL.createObjectURL(picture);
    mark(photo, "done");
    return { url: photo.picture, takesHints };
  } catch (error) {
    if (asked === photo.asked) mark(photo, "failed");
    throw error;
  }
}

// Colour the photographs that wait, one after the other, while `free()` says so.
export async function colourOthers(look, free) {
  if (working) return;
  working = true;
  for (let next; free() && (next = photos.find(({ state }) => state === "waiting")); ) {
    await colour(next, look(next)).catch(() => {}); // its thumbnail says so; the reason comes when it is opened
  }
  working = false;
}
