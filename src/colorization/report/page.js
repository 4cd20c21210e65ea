// The sliders: each range input moves its own line; the two lists choose the left and the right picture of all sliders.
const { names, input, photos } = JSON.parse(document.getElementById("pictures").textContent);
const label = (name) => (name === "gray" ? input : names[name]);

document.querySelectorAll(".compare input").forEach((input) => {
  const move = () => input.parentElement.style.setProperty("--at", `${input.value}%`);
  input.addEventListener("input", move);
  move(); // a browser may restore the value after a reload
});

function show() {
  const chosen = Object.fromEntries(["left", "right"].map((side) => [side, document.getElementById(side).value]));
  document.querySelectorAll(".card").forEach((card, i) => {
    for (const [side, name] of Object.entries(chosen)) {
      const image = card.querySelector(`.${side}`);
      image.src = photos[i].pictures[name];
      image.alt = `${photos[i].category} ${photos[i].name.split("/").pop()}, ${label(name)}`;
    }
    const scored = chosen.right in photos[i].scores ? chosen.right : chosen.left;
    const score = photos[i].scores[scored];
    card.querySelector(".score").textContent = score ? `${label(scored)}: ${score}` : "";
  });
}
document.querySelectorAll("#left, #right").forEach((select) => select.addEventListener("change", show));
show();

// The filters by source: choosing in one of them sets all, and hides what comes from other sources.
const filters = document.querySelectorAll("select.source");
function choose(source) {
  filters.forEach((filter) => (filter.value = source));
  document.querySelectorAll("[data-source]").forEach((part) => {
    part.hidden = source !== "" && part.dataset.source !== source;
  });
}
filters.forEach((filter) => filter.addEventListener("change", () => choose(filter.value)));
if (filters.length) choose(filters[0].value); // a browser may restore it after a reload

// Enlarging: a button opens the pictures of its figure in a dialog; Escape, × or a click beside the pictures closes it.
const dialog = document.getElementById("enlarged");
document.querySelectorAll(".zoom").forEach((button) => button.addEventListener("click", () => {
  const figure = button.closest("figure");
  const copies = [...figure.querySelectorAll("img")].map((image) => {
    const copy = document.createElement("figure");
    const text = document.createElement("figcaption");
    text.textContent = image.alt;
    copy.className = image.className;
    copy.append(Object.assign(new Image(), { src: image.src, alt: image.alt }), text);
    return copy;
  });
  const place = dialog.querySelector("div");
  place.className = figure.className;
  place.replaceChildren(...copies);
  dialog.showModal();
}));
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
