// A page that watches a run which logs 40 series ten times a second: what its tab keeps.
import { api } from './seed.mjs';

/** Least squares. */
function slope(points) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  return points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0) / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}

export async function live({ open, report, server, minutes }) {
  const names = Array.from({ length: 40 }, (_, i) => `${['train', 'val', 'system'][i % 3]}/live-${String.fromCharCode(97 + (i % 26))}${i < 26 ? '' : 'x'}`);
  const { id } = await api(server, '/runs', { project: 'measure-live', config: { lr: 1e-3 } });
  let [step, going] = [0, true];
  const training = (async () => {
    for (let batch = 1; going; batch++) {
      const due = Date.now() + 100;
      await api(server, `/runs/${id}/log`, { writer: 'w', batch, series: names.map((name) => ({ name, steps: [step], values: [Math.exp(-step / 3000) + 0.1 * Math.random()] })) });
      step++;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    }
  })();
  const page = await open(`/runs/${id}`);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const points = [];
  const begun = Date.now();
  while (Date.now() - begun < minutes * 60_000) {
    await page.waitForTimeout(Math.min(15_000, minutes * 6_000));
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (name) => metrics.find((metric) => metric.name === name).value;
    points.push([(Date.now() - begun) / 3_600_000, of('JSHeapUsedSize') / 1e6, of('Nodes'), of('JSEventListeners')]);
  }
  going = false;
  await training;
  await api(server, `/runs/${id}/finish`, {});
  // While the page fills, it grows: what counts is the time after that.
  const later = points.slice(Math.ceil(points.length / 3));
  report('dashboard-live-heap', points.at(-1)[1], 'MB');
  report('dashboard-live-heap-growth', slope(later), 'MB an hour');
  report('dashboard-live-nodes-growth', slope(later.map(([at, , nodes]) => [at, nodes])), 'nodes an hour');
  report('dashboard-live-listeners-growth', slope(later.map(([at, , , listeners]) => [at, listeners])), 'listeners an hour');
  await page.context().close();
}
