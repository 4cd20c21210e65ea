// The marks of the hints over the picture, and their list: to choose, drag, and move by keyboard.

import { named } from "./colours.js";
import { clock } from "./times.js";

const $ = (id) => document.getElementById(id);
const SLIP = 4; // pixels of the screen that a finger may slip in a tap
const STEP = 0.01; // of the photograph's longer side, for an arrow key; ten times as much with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const shown = (hint) => (hint.color === "keep" ? "#808080" : (hint.color ?? "transparent"));

export class Marks {
  // hints: a Hints, whose methods do what the marks are told.
  constructor(hints) {
    this.hints = hints;
    $("stage").onclick = (event) => {
      if (hints.allowed && !event.target.closest(".mark")) hints.add(...this.pixel(event));
    };
  }

  get photo() {
    return this.hints.photo;
  }

  // The pixel of the photograph under a pointer.
  pixel(event) {
    const box = $("stage").getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    return [across * this.photo.width, ((event.clientY - box.top) / box.height) * this.photo.height];
  }

  draw() {
    const focused = document.activeElement?.hint;
    const hints = this.photo?.hints ?? [];
    const here = hints.filter(({ frame }) => frame === this.photo.frame); // of a film: those of the picture on the stage
    for (const hint of here) hint.mark = this.mark(hint);
    $("marks").replaceChildren(...here.map((hint) => hint.mark));
    $("list").replaceChildren(...hints.filter((hint) => hint.color).map((hint) => this.row(hint)));
    if (here.includes(focused)) focused.mark.focus();
  }

  label(hint) {
    const when = this.photo.times ? `, at ${clock(this.photo.times[hint.frame])}` : "";
    return `Hint ${this.photo.hints.indexOf(hint) + 1}: ${hint.color ? named(hint.color) : "no colour yet"}${when}`;
  }

  mark(hint) {
    const mark = Object.assign(document.createElement("button"), { className: hint.color ? "mark" : "mark open", hint });
    mark.setAttribute("aria-label", this.label(hint));
    mark.setAttribute("aria-pressed", String(hint === this.hints.chosen));
    mark.style.setProperty("--c", shown(hint));
    mark.onclick = () => mark.dragged || this.hints.choose(hint, true);
    mark.onpointerdown = (event) => this.drag(event, hint);
    mark.onkeydown = (event) => this.key(event, hint);
    hint.mark = mark;
    this.place(hint);
    return mark;
  }

  place(hint) {
    hint.mark.style.left = `${((hint.x + 0.5) / this.photo.width) * 100}%`;
    hint.mark.style.top = `${((hint.y + 0.5) / this.photo.height) * 100}%`;
  }

  drag(start, hint) {
    const { mark } = hint;
    mark.dragged = false;
    mark.setPointerCapture(start.pointerId);
    mark.onpointermove = (event) => {
      if (!mark.dragged && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < SLIP) return;
      if (!mark.dragged && hint.color) this.hints.remember();
      mark.dragged = true;
      this.hints.move(hint, ...this.pixel(event));
    };
    mark.onpointerup = mark.onpointercancel = () => {
      mark.onpointermove = mark.onpointerup = mark.onpointercancel = null;
      if (mark.dragged) this.hints.choose(hint);
    };
  }

  key(event, hint) {
    if (event.key === "Delete" || event.key === "Backspace") this.hints.remove(hint);
    else if (ARROWS[event.key]) this.nudge(hint, ARROWS[event.key], event);
    else return;
    event.preventDefault();
  }

  nudge(hint, [across, down], { shiftKey, repeat }) {
    const longer = Math.max(this.photo.width, this.photo.height);
    const step = Math.max(1, Math.round(longer * STEP * (shiftKey ? 10 : 1)));
    if (hint.color && !repeat) this.hints.remember();
    this.hints.move(hint, hint.x + across * step, hint.y + down * step);
    if (hint === this.hints.chosen) this.hints.picker.follow(hint);
  }

  row(hint) {
    const button = Object.assign(document.createElement("button"), { onclick: () => this.hints.choose(hint, true) });
    const dot = document.createElement("i");
    dot.style.setProperty("--c", shown(hint));
    button.append(dot, this.label(hint));
    const item = document.createElement("li");
    item.append(button);
    return item;
  }
}
