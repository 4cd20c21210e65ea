// What the page tells its user: its state, and what went wrong.

const $ = (id) => document.getElementById(id);

export function tell(text) {
  $("status").textContent = text;
}

export function complain(...lines) {
  $("errors").replaceChildren(...lines.map((line) => Object.assign(document.createElement("p"), { textContent: line })));
}

export async function guarded(work) {
  complain();
  try {
    return await work();
  } catch (error) {
    tell("");
    complain(error.message);
  }
}
