// What the page tells its user: its state, and what went wrong.

const $ = (id) => document.getElementById(id);

export function tell(text) {
  $("status").textContent = text;
}

// In place of what went wrong before.
export function complain(...lines) {
  $("errors").replaceChildren();
  also(...lines);
}

// Beside what went wrong before; a line that stands there is not repeated.
export function also(...lines) {
  for (const line of lines) {
    if (!standing(line)) $("errors").append(Object.assign(document.createElement("p"), { textContent: line }));
  }
}

const standing = (line) => [...$("errors").children].find(({ textContent }) => textContent === line);

export async function guarded(work) {
  complain();
  try {
    return await work();
  } catch (error) {
    tell("");
    also(error.message);
  }
}

// For a work that is done again and again: its error stands until it succeeds.
export function trying() {
  let line = "";
  return async (work) => {
    const fault = await work().then(() => "", (error) => error.message);
    if (fault !== line) standing(line)?.remove();
    if ((line = fault)) also(line);
  };
}
