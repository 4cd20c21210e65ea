// A work that runs once at a time: while it runs, only the newest wish for it is kept.

// work() must not fail.
export function newest(work) {
  let [running, wanted] = [false, false];
  return async () => {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted) {
      wanted = false;
      await work();
    }
    running = false;
  };
}
