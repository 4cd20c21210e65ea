// A work that runs once at a time: while it runs, only the newest wish for it is kept.

// work() must not fail. begun() is called when it begins, and returns what is called when no wish is left.
export function newest(work, begun = () => () => {}) {
  let [running, wanted] = [false, false];
  return async () => {
    wanted = true;
    if (running) return;
    running = true;
    const ended = begun();
    while (wanted) {
      wanted = false;
      await work();
    }
    running = false;
    ended();
  };
}
