// The gallery's recordings and its page, made again from recordings:
//   node scripts/gallery.mjs pack FOLDER       recordings of FOLDER (<file>.jsonl.gz) → examples/gallery/<name>.jsonl.gz, without histograms
//   tracker replay examples/gallery/*.jsonl.gz --project gallery --server URL
//   node scripts/gallery.mjs draw URL          what that server stored and diagnosed → public/gallery/gallery.json
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const examples = new URL('../../../examples/gallery/', import.meta.url);
const index = JSON.parse(readFileSync(new URL('index.json', examples), 'utf8'));
const round = (value) => (typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(4)) : value);
const columns = 60;
const severities = ['info', 'warn', 'high', 'crit'];

function pack(folder) {
  for (const { file, name } of index) {
    const [head, ...lines] = gunzipSync(readFileSync(`${folder}/${file}.jsonl.gz`)).toString().trim().split('\n').map((line) => JSON.parse(line));
    const small = lines.map(({ step, t, scalars }) => ({ step, t: round(t), scalars }));
    const text = [{ run: name, config: head.config }, ...small].map((line) => JSON.stringify(line)).join('\n');
    writeFileSync(new URL(`${name}.jsonl.gz`, examples), gzipSync(`${text}\n`, { level: 9 }));
  }
}

async function draw(server) {
  const get = async (path) => {
    const response = await fetch(new URL(`/api/v1${path}`, server));
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const runs = new Map((await get('/runs?project=gallery&limit=200')).items.map((run) => [run.name, run]));
  const items = [];
  for (const entry of index) {
    const run = runs.get(entry.name);
    if (!run) throw new Error(`${entry.name} is not in the project gallery.`);
    const series = (await get(`/runs/${run.id}/series`)).items;
    const role = (name) => series.find((item) => item.role === name)?.name;
    const [train, val] = [role('train/loss'), role('val/loss')];
    const shown = (entry.series ?? []).flatMap((wanted) => series.filter((item) => item.role === wanted || (wanted.endsWith('/*') && item.role?.startsWith(wanted.slice(0, -1)) && !item.role.endsWith('/total'))));
    const curves = await read(get, run.id, [train, val].filter(Boolean), 0.9);
    const instrument = shown.length > 0 ? await read(get, run.id, shown.map((item) => item.name), 0) : new Map();
    const layers = series.filter((item) => item.role?.startsWith('grad_norm/') && item.role !== 'grad_norm/total');
    const diagnosis = (await get(`/runs/${run.id}/diagnoses`)).items
      .filter((item) => (item.severity !== 'info' || entry.note) && item.cause !== 'not-logged' && (entry.condition === undefined || item.signals.some((signal) => signal.id === entry.condition)))
      .sort((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity))[0];
    items.push({
      name: entry.name, group: entry.group, title: entry.title, look: entry.look, config: run.config, steps: run.lastStep,
      train: curves.get(train) ?? null, val: curves.get(val) ?? null,
      layers: entry.group === 'regime' ? layers.map((item) => ({ label: item.role.slice('grad_norm/'.length), value: round(item.last) })) : [],
      instrument: shown.length > 0 ? { title: entry.instrument, log: entry.log ?? false, lines: shown.map((item) => ({ label: labelOf(item.role, shown), ...instrument.get(item.name) })) } : null,
      diagnosis: diagnosis ? told(diagnosis) : null,
    });
  }
  writeFileSync(new URL('../public/gallery/gallery.json', import.meta.url), `${JSON.stringify({ items })}\n`);
  for (const { name, diagnosis } of items) console.log(name.padEnd(24), diagnosis ? `${diagnosis.severity} ${diagnosis.title}` : '–');
}


/** The layer or class; the whole name where the prefixes differ. */
const labelOf = (role, shown) => (new Set(shown.map((item) => item.role.split('/')[0])).size > 1 ? role : role.replace(/^[^/]*\//, ''));

/** Of a diagnosis what a page of paper needs. */
function told({ severity, cause, title, symptom, causes, prescriptions, check, onsetStep, signals }) {
  const facts = signals.flatMap((signal) => signal.evidence);
  return {
    severity, title, symptom, well: cause === 'healthy', cause: causes[0]?.title ?? '', strength: causes[0]?.strength ?? '', todo: prescriptions[0] ?? '', check, onset: onsetStep,
    to: signals.some((signal) => signal.active) ? null : Math.max(onsetStep, ...facts.map((fact) => fact.toStep)),
  };
}

async function read(get, run, names, weight) {
  const query = new URLSearchParams([...names.map((name) => ['name', name]), ['points', String(columns)], ...(weight > 0 ? [['smooth', `ema:${weight}`]] : [])]);
  const { series } = await get(`/runs/${run}/data?${query}`);
  return new Map(series.map(({ name, x, y, smoothed, total, nonFinite }) => [name, {
    x, y: y.map(round), ...(smoothed && total >= 100 ? { smoothed: smoothed.map(round) } : {}), ...(nonFinite.length > 0 ? { lost: nonFinite[0].x } : {}),
  }]));
}

const [, , what, where] = process.argv;
if (what === 'pack') pack(where);
else if (what === 'draw') await draw(where);
else throw new Error('Say pack FOLDER or draw URL.');
