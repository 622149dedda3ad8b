/** Script that charts may take of a frame, in milliseconds; what is left waits for the next one. */
const budget = 6;

const waiting = new Map<object, () => void>();
let asked = false;

/**
 * Draws in one of the next frames, so many charts in each as there is time for. A later task for the same key replaces an earlier one.
 * @param urgent Before the others: the chart under the pointer.
 * @returns Takes it back.
 */
export function schedule(key: object, task: () => void, urgent = false): () => void {
  if (urgent) {
    const others = [...waiting].filter(([other]) => other !== key);
    waiting.clear();
    waiting.set(key, task);
    others.forEach(([other, old]) => waiting.set(other, old));
  } else waiting.set(key, task);
  if (!asked) {
    asked = true;
    requestAnimationFrame(run);
  }
  return () => {
    if (waiting.get(key) === task) waiting.delete(key);
  };
}

function run(): void {
  const end = performance.now() + budget;
  for (const [key, task] of waiting) {
    waiting.delete(key);
    task();
    if (performance.now() >= end) break;
  }
  asked = waiting.size > 0;
  if (asked) requestAnimationFrame(run);
}
