import { useMemo, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { histogramsQuery } from '../../../api/queries';
import type { SeriesInfo } from '../../../api/types';
import { Ridge } from '../../../charts/Ridge';
import { PlainPlot, type Band } from '../../../charts/PlainPlot';
import { useInView } from '../../../charts/useSize';
import type { Range } from '../../../lib/axes';
import type { Guide } from '../../../lib/guides';
import { percent, quantile, spreadOver } from '../../../lib/measures';
import { formatValue, toNumber } from '../../../lib/numbers';
import type { Verdict } from '../../../lib/verdicts';
import type { Line } from '../../../charts/model';
import { configNumber, evidenceOn, familyOf, useCurves, useFamilyLines, useZoom, type Exam } from './exam';
import { Frame, judged, plotHeight } from './Frame';
import { conditions } from './instruments';

interface Family {
  exam: Exam;
  id: string;
  title: string;
  prefixes: readonly string[];
  conditions: readonly string[];
  log?: boolean;
  guides?: readonly Guide[];
  bands?: readonly Band[];
  y?: Range;
  /** What the curves say where the analyzer says nothing. */
  own: (lines: readonly Line[]) => Verdict | null;
}

const mostCurves = 24;

/** The layers of one or two families as curves. */
function FamilyInstrument({ exam, id, title, prefixes, conditions: ids, log = false, guides, bands, y, own }: Family) {
  const [place, seen] = useInView<HTMLDivElement>();
  const zoom = useZoom();
  const key = prefixes.join();
  const all = useMemo(() => key.split(',').flatMap((prefix) => familyOf(exam, prefix).map(({ label, info }) => ({ label: prefixes.length > 1 ? `${prefix.split('_')[0]} ${label}` : label, info }))), [exam, key, prefixes.length]);
  const members = useMemo(() => spreadOver(all, mostCurves), [all]);
  const names = useMemo(() => members.map(({ info }) => info.name), [members]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, points: 200 });
  const lines = useFamilyLines(exam, members, curves);
  const aside = all.length > members.length ? `${members.length} of ${all.length} layers` : members.length === 1 ? members[0]!.label : `${members.length} layers`;
  return (
    <Frame place={place} id={id} title={title} aside={aside} verdict={judged(exam, ids, lines.length > 0 ? own(lines) : null, lines)} ready={ready} failed={failed}>
      <PlainPlot label={title} lines={lines} log={log} {...(guides && { guides })} {...(bands && { bands })} {...(y && { y })} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} note={members.length > 3 ? `${members[0]!.label} to ${members.at(-1)!.label}` : undefined} onZoom={zoom.set} />
    </Frame>
  );
}

const lasts = (lines: readonly Line[]): number[] => lines.map((line) => line.y.at(-1) ?? NaN).filter(Number.isFinite);

const usualUpdate: Guide[] = [{ value: 1e-3, label: 'about 1e−3 is usual', fit: false }];
const usualUpdates: Band[] = [{ from: 1e-4, to: 1e-2, tone: 'ok' }];

export function UpdatesInstrument({ exam }: { exam: Exam }) {
  return (
    <FamilyInstrument
      exam={exam} id="updates" title="Update / weight" prefixes={['update_ratio/']} conditions={conditions.updates} log guides={usualUpdate} bands={usualUpdates}
      own={(lines) => {
        const middle = quantile(lines.flatMap((line) => [...line.y]), 0.5);
        const fits = middle >= 1e-4 && middle <= 1e-2;
        return { tone: fits ? 'ok' : 'none', word: fits ? 'Ordinary' : middle < 1e-4 ? 'Small' : 'Large', text: `A step changes the weights by ${formatValue(middle)} of their size (median); about 1e−3 is usual.` };
      }}
    />
  );
}

export function WeightsInstrument({ exam }: { exam: Exam }) {
  const total = exam.roles.get('param_norm/total');
  return (
    <FamilyInstrument
      exam={exam} id="weights" title="Weight norms" prefixes={familyOf(exam, 'param_norm/').length > 0 ? ['param_norm/'] : ['param_norm']} conditions={conditions.weights} log
      own={(lines) => {
        const growth = lines.map((line) => ({ label: line.label, factor: (line.y.at(-1) ?? NaN) / (line.y[0] ?? NaN) })).filter(({ factor }) => Number.isFinite(factor));
        const most = growth.sort((a, b) => Math.abs(Math.log(b.factor)) - Math.abs(Math.log(a.factor)))[0];
        if (!most) return null;
        const now = total ? ` All together ${formatValue(toNumber(total.last))}.` : '';
        return { tone: most.factor < 4 && most.factor > 0.25 ? 'ok' : 'none', word: most.factor < 4 && most.factor > 0.25 ? 'Steady' : 'Moved far', text: `${most.label || 'The norm'} changed most, ${formatValue(most.factor)}-fold.${now}` };
      }}
    />
  );
}

const half: Guide[] = [{ value: 0.5, label: 'half', fit: true }];
const shares: Range = [0, 1];

export function UnitsInstrument({ exam }: { exam: Exam }) {
  const prefixes = ['dead_fraction/', 'saturated_fraction/'].filter((prefix) => familyOf(exam, prefix).length > 0);
  return (
    <FamilyInstrument
      exam={exam} id="units" title={prefixes.length === 2 ? 'Dead and saturated units' : prefixes[0] === 'dead_fraction/' ? 'Dead units' : 'Saturated units'} prefixes={prefixes} conditions={conditions.units} guides={half} y={shares}
      own={(lines) => {
        const most = Math.max(...lasts(lines));
        return { tone: most < 0.3 ? 'ok' : 'none', word: most < 0.3 ? 'Alive' : 'Some are lost', text: `At most ${percent(most)} of a layer's units.` };
      }}
    />
  );
}

export function AttentionInstrument({ exam }: { exam: Exam }) {
  const length = configNumber(exam, 'seq_len', 'sequence_length', 'block_size', 'context_length', 'max_seq_len');
  const guides = useMemo(() => (length ? [{ value: Math.log(length), label: `uniform: ln ${length}`, fit: true }] : []), [length]);
  return (
    <FamilyInstrument
      exam={exam} id="attention" title="Attention entropy" prefixes={['attention_entropy/']} conditions={conditions.attention} guides={guides}
      own={(lines) => {
        const least = Math.min(...lasts(lines));
        return { tone: 'ok', word: 'Spread', text: `The sharpest layer has ${formatValue(least)} nats${length ? `, ${percent(least / Math.log(length))} of what uniform attention has` : ''}.` };
      }}
    />
  );
}

/** The activations of a layer as histograms over time, the layer that a diagnosis names first. */
export function ActivationsInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const layers = useMemo(() => activationsOf(exam), [exam]);
  const suspect = useMemo(() => layers.findIndex(({ name }) => exam.diagnoses.some((diagnosis) => diagnosis.signals.some((signal) => signal.active && layerOf(signal.series) === layerOf(name)))), [layers, exam.diagnoses]);
  const [chosen, choose] = useState<string | null>(null);
  const layer = layers.find(({ name }) => name === chosen) ?? layers[Math.max(0, suspect)]!;
  const query = useQuery({ ...histogramsQuery(exam.run.id, layer.name, 24), enabled: seen });
  const last = query.data?.columns.at(-1);
  const share = (role: string) => toNumber(exam.roles.get(`${role}/${layerOf(layer.name)}`)?.last);
  const facts = [
    Number.isFinite(share('dead_fraction')) && `${percent(share('dead_fraction'))} dead`,
    Number.isFinite(share('saturated_fraction')) && `${percent(share('saturated_fraction'))} saturated`,
  ].filter(Boolean);
  const own: Verdict | null = last ? { tone: 'ok', word: 'Spread out', text: `${layerOf(layer.name)} ends with ${facts.join(', ') || describe(last.statistics)}.` } : null;
  return (
    <Frame
      place={place} id="activations" title="Activations" ready={query.data !== undefined} failed={query.error && !query.data ? query : null} verdict={judged(exam, conditions.activations, own)}
      aside={layers.length > 1 ? <select aria-label="Layer" value={layer.name} onChange={(event) => choose(event.target.value)}>{layers.map(({ name }) => <option key={name} value={name}>{layerOf(name)}</option>)}</select> : layerOf(layer.name)}
    >
      {query.data && <Ridge edges={query.data.edges} columns={query.data.columns} height={plotHeight + 20} label={`${layer.name} over time`} />}
    </Frame>
  );
}

export const activationsOf = (exam: Exam): SeriesInfo[] => exam.histograms.filter(({ name }) => /^activations?\//.test(name));
const layerOf = (name: string): string => name.slice(name.indexOf('/') + 1);
const describe = (statistics: { mean: number; std: number } | undefined): string => (statistics ? `mean ${formatValue(statistics.mean)} and deviation ${formatValue(statistics.std)}` : 'all its mass in view');
