import { useMemo } from 'react';
import { PlainPlot } from '../../../charts/PlainPlot';
import { useTheme } from '../../../charts/theme';
import { useInView } from '../../../charts/useSize';
import type { Guide } from '../../../lib/guides';
import { noiseOf } from '../../../lib/measures';
import { formatCount, formatValue, toNumber } from '../../../lib/numbers';
import { colourOf } from '../../../lib/palette';
import type { Verdict } from '../../../lib/verdicts';
import { configNumber, evidenceOn, familyOf, lineOf, useCurves, useFamilyLines, useZoom, type Exam } from './exam';
import { Frame, judged, plotHeight } from './Frame';
import { conditions } from './instruments';

const weight = 0.9;

/** Training and validation on the same axes, raw and smoothed, the gap between them shaded. */
export function LossInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const theme = useTheme();
  const zoom = useZoom();
  const [train, val] = [exam.roles.get('train/loss'), exam.roles.get('val/loss')];
  const names = useMemo(() => [train?.name, val?.name].filter((name) => name !== undefined), [train?.name, val?.name]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, smoothing: weight });
  const lines = useMemo(
    () => [...lineOf(exam, curves.get(train?.name ?? ''), 'train', colourOf(0, theme)), ...lineOf(exam, curves.get(val?.name ?? ''), 'val', colourOf(1, theme))],
    [exam, curves, train?.name, val?.name, theme],
  );
  const [a, b] = lines;
  const last = (line: typeof a) => (line?.smoothed ?? line?.y)?.at(-1);
  const [trainLast, valLast] = [last(a), last(b)];
  const gap = b && trainLast !== undefined && valLast !== undefined ? valLast - trainLast : undefined;
  const first = a?.y[0];
  const classes = configNumber(exam, 'num_classes');
  const guides: Guide[] = classes && classes > 1 ? [{ value: Math.log(classes), label: `ln ${classes}`, fit: false }] : [];
  const own: Verdict | null =
    first !== undefined && trainLast !== undefined && trainLast < first
      ? { tone: 'ok', word: 'Falling', text: `From ${formatValue(first)} to ${formatValue(trainLast)}${valLast === undefined ? (tasksOf(exam).length > 0 ? '.' : '; nothing is validated.') : `, validation at ${formatValue(valLast)}.`}` }
      : null;
  const verdict = judged(exam, conditions.loss, own, lines);
  // An explosion at the start, or a spike, would flatten all the rest.
  const log = lines.some(({ y }) => Math.min(...y) > 0 && Math.max(...y) > 50 * (y.at(-1) ?? Infinity));
  const overfit = exam.diagnoses.some(({ state, signals }) => state === 'open' && signals.some((signal) => signal.active && signal.severity !== 'info' && (signal.id === 'overfitting' || signal.id === 'generalization-gap')));
  return (
    <Frame place={place} id="loss" title="Loss" aside={[log && 'log scale', gap !== undefined && `gap ${formatValue(gap)}`].filter(Boolean).join(' · ')} verdict={verdict} ready={ready} failed={failed}>
      <PlainPlot label="Loss of training and validation" lines={lines} log={log} guides={guides} gap={b ? (overfit ? 'crit' : 'info') : undefined} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
    </Frame>
  );
}

const startSteps = 50;

/** The first losses against that of guessing. */
export function StartInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const theme = useTheme();
  const train = exam.roles.get('train/loss')!;
  const begin = train.firstStep ?? 0;
  const end = begin + startSteps;
  const range = useMemo(() => [begin, end] as const, [begin, end]);
  const names = useMemo(() => [train.name], [train.name]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, range });
  const lines = useMemo(() => lineOf(exam, curves.get(train.name), 'train', colourOf(0, theme)), [exam, curves, train.name, theme]);
  const classes = configNumber(exam, 'num_classes')!;
  const expected = Math.log(classes);
  const first = lines[0]?.y[0];
  const guides = useMemo(() => [{ value: expected, label: `guessing: ln ${classes} = ${formatValue(expected)}`, fit: true }], [expected, classes]);
  const near = first !== undefined && Math.abs(first / expected - 1) < 0.35;
  const own: Verdict | null = first === undefined ? null : {
    tone: near ? 'ok' : 'none',
    word: near ? 'As guessing gives' : first < expected ? 'Below guessing' : 'Above guessing',
    text: `The first loss is ${formatValue(first)}; equal odds for ${formatCount(classes)} classes give ${formatValue(expected)}.`,
  };
  return (
    <Frame place={place} id="start" title="Loss at the start" aside={`first ${startSteps} steps`} verdict={judged(exam, conditions.start, own)} ready={ready} failed={failed}>
      <PlainPlot label="The first losses" lines={lines} guides={guides} zoom={null} height={plotHeight} onZoom={() => undefined} />
    </Frame>
  );
}

const noisePoints = 2000;

/** The raw loss around its average, beside what the noise of single batches predicts. */
export function NoiseInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const theme = useTheme();
  const zoom = useZoom();
  const train = exam.roles.get('train/loss')!;
  const [first, last] = [train.firstStep ?? 0, train.lastStep ?? 0];
  const stride = (last - first) / Math.max(1, train.count - 1);
  // Of a run at work the window moves on by steps, so that not every point is a new read.
  const end = exam.run.state === 'running' ? undefined : last;
  const begin = Math.max(first, Math.floor((last - noisePoints * stride) / 500) * 500);
  const range = useMemo((): readonly [number, number | undefined] => zoom.range ?? [begin, end], [zoom.range, begin, end]);
  const names = useMemo(() => [train.name], [train.name]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, range, points: noisePoints * 2, smoothing: weight });
  const series = curves.get(train.name);
  const { lines, noise } = useMemo(() => {
    if (!series?.smoothed || series.x.length < 40) return { lines: [], noise: null };
    const half = Math.floor(series.x.length / 2);
    const residual = series.y.map((value, i) => value - series.smoothed![i]!);
    const data = { name: series.name, total: series.total, x: series.x, y: residual, nonFinite: [] };
    return { lines: lineOf(exam, data, 'loss − average', colourOf(0, theme)), noise: noiseOf(series.y.slice(half), series.smoothed.slice(half), weight) };
  }, [series, exam, theme]);
  const ratio = noise && noise.predicted > 0 ? noise.actual / noise.predicted : NaN;
  const bands = useMemo(() => (noise ? [{ from: -2 * noise.predicted, to: 2 * noise.predicted, tone: 'ok' as const }] : []), [noise]);
  const own: Verdict | null = !Number.isFinite(ratio) ? null : ratio < 1.5
    ? { tone: 'ok', word: 'What batches explain', text: `The raw loss strays from its average by ${formatValue(noise!.actual)}; the noise of single batches predicts ${formatValue(noise!.predicted)}.` }
    : { tone: 'none', word: 'More than batches explain', text: `The raw loss strays from its average by ${formatValue(noise!.actual)}, ${formatValue(ratio)} times what the noise of single batches predicts: it moves for several steps at a time. A lower learning rate calms it.` };
  return (
    <Frame place={place} id="noise" title="Noise of the loss" aside="band: what the average predicts, ±2σ" verdict={judged(exam, conditions.noise, own)} ready={ready} failed={failed}>
      {lines.length > 0
        ? <PlainPlot label="The raw loss around its average" lines={lines} bands={bands} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
        : <p className="side-foot">Too few points yet.</p>}
    </Frame>
  );
}

/** The loss of each task, where several are learnt. */
export function TasksInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const zoom = useZoom();
  const members = useMemo(() => tasksOf(exam), [exam]);
  const names = useMemo(() => members.map(({ info }) => info.name), [members]);
  const { curves, ready, failed } = useCurves(exam, seen, { names });
  const lines = useFamilyLines(exam, members, curves);
  const worst = [...lines].sort((a, b) => rise(b) - rise(a))[0];
  const own: Verdict | null = !worst ? null : rise(worst) > 0.2
    ? { tone: 'none', word: 'One rises', text: `${worst.label} has risen to ${formatValue(worst.y.at(-1) ?? NaN)} from its best, ${formatValue(Math.min(...worst.y))}.` }
    : { tone: 'ok', word: 'None is forgotten', text: `${lines.length} tasks, each near its best.` };
  return (
    <Frame place={place} id="tasks" title="Loss per task" aside={`${members.length} tasks`} verdict={judged(exam, conditions.tasks, own, lines)} ready={ready} failed={failed}>
      <PlainPlot label="Loss of each task" lines={lines} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
    </Frame>
  );
}

export const tasksOf = (exam: Exam) => familyOf(exam, 'val/loss_');

/** How much of its descent a curve has lost again. */
function rise({ y }: { y: readonly number[] }): number {
  const low = Math.min(...y);
  const fall = (y[0] ?? low) - low;
  return fall > 0 ? ((y.at(-1) ?? low) - low) / fall : 0;
}

/** The last value of a series as the catalogue has it. */
export const lastOf = (exam: Exam, role: string): number => toNumber(exam.roles.get(role)?.last);
