// The colours to choose for a place: likely ones, those used before, others, and any.

import { palette } from "./api.js";
import { named } from "./colours.js";
import { newest } from "./newest.js";

const $ = (id) => document.getElementById(id);
const REMEMBERED = 12; // colours used before
const FEW = 4; // colours of a place that is nearly black or white

export class Picker {
  used = [];
  asked = null; // the last question for colours
  moved = null; // a hint whose new place is still to be asked about
  typing = false; // the colour field is open: its many changes are one step

  // hints: a Hints; choice(colour, live): a colour was chosen, live while the colour field is open.
  constructor(hints, choice) {
    Object.assign(this, { hints, choice });
    $("gray").onclick = () => this.paint("keep");
    $("exact").oninput = (event) => this.paint(event.target.value, true);
    $("exact").onchange = (event) => {
      this.typing = false;
      this.use(event.target.value);
    };
  }

  draw() {
    $("picker").hidden = !this.hints.chosen;
    $("used-group").hidden = !this.used.length;
    const focused = $("used").contains(document.activeElement);
    this.fill($("used"), this.used);
    if (focused) $("used").firstChild.focus(); // the colour that was just used
  }

  paint(colour, live = false) {
    const first = !(live && this.typing);
    this.typing = live;
    if (!live) this.use(colour);
    this.choice(colour, first);
  }

  use(colour) {
    if (colour !== "keep") this.used = [colour, ...this.used.filter((one) => one !== colour)].slice(0, REMEMBERED);
  }

  // Offer the colours of a hint's place, as if the hint were not there: else its own colour would come first.
  // An answer that comes after a later question is dropped; true if the colours are shown.
  offer(hint) {
    this.moved = null;
    return this.ask(hint);
  }

  async ask(hint) {
    const asked = (this.asked = {});
    const { photo } = this.hints;
    const others = photo.hints.filter((one) => one !== hint);
    this.typing = false;
    try {
      const question = { ...this.hints.body(photo, others), x: hint.x, y: hint.y };
      const found = await palette(photo, question);
      if (asked !== this.asked || hint !== this.hints.chosen) return false;
      this.fill($("likely"), found.likely);
      this.fill($("others"), found.others);
      $("colourless").hidden = found.others.length > FEW;
      $("exact").value = /^#[0-9a-f]{6}$/.test(hint.color) ? hint.color : found.likely[0];
      return true;
    } catch (error) {
      if (asked === this.asked && hint === this.hints.chosen) this.hints.complain(error.message);
      return false;
    }
  }

  // The same for a hint that moves: while one such question is on its way, only the newest wish is kept.
  follow(hint) {
    this.moved = hint;
    this.askMoved();
  }

  askMoved = newest(async () => {
    const { moved } = this;
    this.moved = null;
    if (moved && moved === this.hints.chosen) await this.ask(moved);
  });

  fill(group, colours) {
    group.replaceChildren(...colours.map((colour) => this.swatch(colour)));
  }

  swatch(colour) {
    const button = Object.assign(document.createElement("button"), { title: named(colour), onclick: () => this.paint(colour) });
    button.setAttribute("aria-label", `${named(colour)}, ${colour}`);
    button.style.setProperty("--c", colour);
    return button;
  }
}
