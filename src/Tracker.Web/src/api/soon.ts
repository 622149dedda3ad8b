const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** Runs an action once, some milliseconds from now, however often it is asked for. */
export function soon(name: string, delay: number, action: () => unknown): void {
  if (timers.has(name)) return;
  timers.set(name, setTimeout(() => {
    timers.delete(name);
    action();
  }, delay));
}
