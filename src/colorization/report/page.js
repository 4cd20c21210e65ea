// The sliders: each range input moves its own line; the two lists choose the left and the right picture of all sliders.
const { names, photos } = JSON.parse(document.getElementById("pictures").textContent);
const label = (name) => (name === "gray" ? "gray input" : names[name]);

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
filters.forEach((filter) => filter.addEventListener("change", () => {
  filters.forEach((other) => (other.value = filter.value));
  document.querySelectorAll("[data-source]").forEach((part) => {
    part.hidden = filter.value !== "" && part.dataset.source !== filter.value;
  });
}));
