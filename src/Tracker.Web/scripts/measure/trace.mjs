// What a Chrome trace says of the thread that draws the page.
const script = new Set(['FunctionCall', 'EvaluateScript', 'v8.evaluateModule', 'RunMicrotasks', 'FireAnimationFrame', 'TimerFire', 'EventDispatch', 'MajorGC', 'MinorGC', 'UpdateLayoutTree', 'Layout']);
const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8.execute', 'toplevel', 'cc'];

/** Records what happens meanwhile. */
export async function traced(browser, page, work) {
  await browser.startTracing(page, { categories });
  await work();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  return read(traceEvents);
}

/** The longest task in ms, and of each frame of the main thread the ms of script and layout. */
function read(events) {
  const mains = new Set(events.filter((event) => event.name === 'thread_name' && event.args.name === 'CrRendererMain').map((event) => `${event.pid} ${event.tid}`));
  const byThread = new Map();
  for (const event of events) {
    const thread = `${event.pid} ${event.tid}`;
    if (mains.has(thread)) byThread.set(thread, [...(byThread.get(thread) ?? []), event]);
  }
  const main = [...byThread.values()].sort((a, b) => b.length - a.length)[0] ?? [];
  const tasks = main.filter((event) => event.ph === 'X' && /RunTask$/.test(event.name)).map((event) => event.dur / 1000);
  const starts = main.filter((event) => event.name === 'ProxyMain::BeginMainFrame').map((event) => event.ts).sort((a, b) => a - b);
  const busy = union(main.filter((event) => event.ph === 'X' && script.has(event.name)).map((event) => [event.ts, event.ts + event.dur]));
  const frames = starts.slice(0, -1).map((from, i) => busy.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, starts[i + 1]) - Math.max(a, from)), 0) / 1000);
  return { longest: Math.max(0, ...tasks), over50: tasks.filter((ms) => ms > 50).length, frames };
}

/** Ranges that may lie in each other, as ranges that do not. */
function union(ranges) {
  const out = [];
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

export const quantile = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? NaN : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
};
