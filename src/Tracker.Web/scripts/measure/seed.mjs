// What is measured: a run with 100 charts of 100,000 points, a project of 10,000 runs, one of six runs with 200 series each.
const letters = 'abcdefghijklmnopqrstuvwxyz';
export const names = (count) => Array.from({ length: count }, (_, i) => `train/metric-${letters[Math.floor(i / 26)]}${letters[i % 26]}`);

/** Random numbers that are the same each time. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function api(server, path, body) {
  const response = await fetch(new URL(`/api/v1${path}`, server), body === undefined ? undefined : { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

const count = async (server, project) => (await fetch(new URL(`/api/v1/projects/${project}/count`, server)).then((response) => (response.ok ? response.json() : { runs: 0 }))).runs;

/** Makes what is not there yet. */
export async function seed(server) {
  if ((await count(server, 'measure-wide')) === 0) await wide(server, 'measure-wide', 'measure-wide', 100, 100_000);
  if ((await count(server, 'measure-wall')) < 6) for (let i = 0; i < 6; i++) await wide(server, 'measure-wall', `measure-wall-${i}`, 200, 2_000);
  const runs = await count(server, 'measure-table');
  await Promise.all(Array.from({ length: 4 }, (_, lane) => table(server, runs + lane, 4)));
}

async function wide(server, project, id, series, steps) {
  await api(server, '/runs', { project, id, name: id, config: { lr: 1e-3, seed: id.length }, resume: 'allow' });
  const next = random(id.length + Number(id.at(-1)) || 1);
  const page = Math.max(1, Math.round(100_000 / series));
  for (let at = 0, batch = 1; at < steps; at += page, batch++) {
    const places = Array.from({ length: Math.min(page, steps - at) }, (_, i) => at + i);
    await api(server, `/runs/${id}/log`, { writer: 'w', batch, series: names(series).map((name, k) => ({ name, steps: places, values: places.map((step) => Math.fround(Math.exp(-step / (steps / 4)) * (1 + k / 50) + 0.1 * next())) })) });
  }
  await api(server, `/runs/${id}/finish`, {});
}

async function table(server, from, stride) {
  for (let i = from; i < 10_000; i += stride) {
    const next = random(i);
    const lr = 10 ** (-5 + 5 * next());
    const floor = 0.15 + 0.1 * Math.abs(Math.log10(lr) + 2.5) ** 1.5;
    const { id } = await api(server, '/runs', { project: 'measure-table', name: `sweep-${String(i).padStart(5, '0')}`, config: { lr, optimizer: { name: ['adamw', 'sgd', 'lion'][i % 3] }, layers: 2 << (i % 4), seed: i }, tags: i % 2 ? ['baseline'] : [], group: `g${i % 20}` });
    const steps = Array.from({ length: 20 }, (_, k) => k * 10);
    const loss = steps.map((step) => 2.3 * Math.exp(-step / 30) + floor + 0.02 * next());
    await api(server, `/runs/${id}/log`, { writer: 'w', batch: 1, series: [{ name: 'train/loss', steps, values: loss }, { name: 'val/loss', steps, values: loss.map((value) => value + 0.05) }, { name: 'lr', steps, values: steps.map(() => lr) }] });
    await api(server, `/runs/${id}/finish`, {});
  }
}
