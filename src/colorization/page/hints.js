// Hints: colours that the user knows, at places of the picture (Zhang et al. 2017), and the steps to undo.
// A hint is {x, y, color}: a pixel of the photograph and a CSS colour or "keep"; color null: not chosen yet, and not sent.
// A film's hint also has the number of its picture: frame.

import { preview } from "./api.js";
import { named } from "./colours.js";
import { Marks } from "./marks.js";
import { Picker } from "./picker.js";
import { save } from "./saving.js";
import { frameAt } from "./times.js";

const $ = (id) => document.getElementById(id);
export const copied = (hints) => hints.filter((hint) => hint.color).map(({ x, y, color, frame }) => ({ x, y, color, frame }));

export class Hints {
  photo = null;
  chosen = null; // the hint in the picker
  allowed = false;

  // change(): the hints changed. body(photo, hints): the question for a picture with them. seek(frame): show a film's picture.
  constructor({ change, body, complain, tell, seek }) {
    Object.assign(this, { change, body, complain, tell, seek });
    this.marks = new Marks(this);
    this.picker = new Picker(this, (colour, first) => this.paint(colour, first));
    $("done").onclick = () => this.close();
    $("remove").onclick = () => this.remove(this.chosen);
    $("undo").onclick = () => this.undo();
    $("clear").onclick = () => this.replace([]);
    $("middle").onclick = () => this.add(this.photo.width / 2, this.photo.height / 2).mark.focus();
    $("save").onclick = () => this.save();
    $("load").onchange = (event) => this.load(event.target);
    document.addEventListener("keydown", (event) => this.key(event));
  }

  show(photo) {
    this.photo = photo;
    this.chosen = null;
    this.draw();
  }

  // Whether the model takes hints.
  allow(allowed) {
    this.allowed = allowed;
    $("hints").hidden = $("marks").hidden = !allowed;
    document.body.classList.toggle("hinting", allowed);
  }

  draw() {
    const hints = this.photo?.hints ?? [];
    this.marks.draw();
    this.picker.draw();
    this.able();
    $("clear").disabled = $("save").disabled = !hints.some((hint) => hint.color);
  }

  able() {
    $("undo").disabled = !this.photo?.undo.length;
  }

  changed() {
    this.draw();
    this.change();
  }

  // Steps

  remember() {
    this.photo.undo.push(copied(this.photo.hints));
    this.able();
  }

  undo() {
    if (!this.photo?.undo.length) return;
    this.photo.hints = this.photo.undo.pop();
    this.chosen = null;
    this.changed();
  }

  replace(hints) {
    this.remember();
    this.photo.hints = hints;
    this.chosen = null;
    this.changed();
  }

  add(x, y) {
    this.photo.hints = this.photo.hints.filter((hint) => hint.color);
    const hint = { ...this.inside(x, y), color: null, frame: this.photo.frame };
    this.photo.hints.push(hint);
    this.choose(hint);
    return hint;
  }

  paint(color, first) {
    if (!this.chosen) return; // the browser's own colour field was open longer than the picker
    if (first) this.remember();
    this.chosen.color = color;
    this.changed();
    this.tell(`Hint ${this.photo.hints.indexOf(this.chosen) + 1}: ${named(color)}`);
  }

  remove(hint) {
    const place = this.photo.hints.indexOf(hint);
    if (hint.color) this.remember();
    this.photo.hints.splice(place, 1);
    this.chosen = null;
    this.changed();
    (this.photo.hints[Math.min(place, this.photo.hints.length - 1)]?.mark ?? $("middle")).focus();
  }

  move(hint, x, y) {
    Object.assign(hint, this.inside(x, y));
    this.marks.place(hint);
    if (hint.color) this.change();
  }

  // The pixel of the photograph at a place, or the nearest one.
  inside(x, y) {
    const within = (value, size) => Math.min(size - 1, Math.max(0, Math.floor(value)));
    return { x: within(x, this.photo.width), y: within(y, this.photo.height) };
  }

  // Open the picker for a hint; focus: go on there.
  choose(hint, focus = false) {
    if (hint.frame !== this.photo.frame) this.seek(hint.frame);
    this.chosen = hint;
    this.draw();
    this.picker.offer(hint).then((shown) => shown && focus && $("likely").firstChild?.focus());
    const hidden = hint.mark.getBoundingClientRect().bottom - $("picker").getBoundingClientRect().top;
    if (getComputedStyle($("picker")).position === "fixed" && hidden > -20) scrollBy({ top: hidden + 60 });
  }

  close() {
    const { chosen } = this;
    this.chosen = null;
    if (chosen) this.photo.hints = this.photo.hints.filter((hint) => hint.color);
    this.draw();
    if (chosen?.color) chosen.mark.focus();
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "z" && event.target.type !== "number") this.undo();
    else if (event.key === "Escape" && this.chosen) this.close();
    else return;
    event.preventDefault();
  }

  // Files

  save() {
    const name = `${this.photo.name.replace(/\.[^.]*$/, "")}-hints.json`;
    const text = JSON.stringify({ hints: copied(this.photo.hints) }, null, 1);
    save({ blob: new Blob([text], { type: "application/json" }), name });
  }

  async load(input) {
    const [file] = input.files;
    const { photo } = this;
    this.complain();
    try {
      const hints = hintsOf(await file.text(), photo);
      await preview(photo, this.body(photo, hints)); // which checks them
      if (photo === this.photo) this.replace(hints);
    } catch (error) {
      this.complain(error.told ? `${file.name}: ${error.message}` : error.message);
    }
    input.value = "";
  }
}

// The hints in a file's text for a photograph, or for a film with its times.
function hintsOf(text, { times }) {
  try {
    const rows = JSON.parse(text).hints;
    const placed = rows.map(({ frame, ...row }) => (times ? { ...row, frame: frame ?? frameAt(times, row.time) } : row));
    const hints = copied(placed);
    if (hints.length < rows.length) throw new Error("a hint without a colour");
    return hints;
  } catch {
    throw Object.assign(new Error("not a file of hints"), { told: true });
  }
}
