import { useEffect, useMemo, useState } from 'react';
import { LayerBars, type Bar } from '../../../charts/LayerBars';
import { PlainPlot } from '../../../charts/PlainPlot';
import { useTheme } from '../../../charts/theme';
import { useInView } from '../../../charts/useSize';
import { guidesOf } from '../../../lib/guides';
import { fairSample, percent, quantile, ratioText, shareAbove, spreadOver } from '../../../lib/measures';
import { formatCount, formatValue, toNumber } from '../../../lib/numbers';
import { colourOf } from '../../../lib/palette';
import { nearestIndex, type SeriesData } from '../../../lib/points';
import type { Verdict } from '../../../lib/verdicts';
import { configNumber, evidenceOn, familyOf, lineOf, useCurves, useFamilyLines, useZoom, type Exam } from './exam';
import { Frame, judged, plotHeight } from './Frame';
import { conditions } from './instruments';

/** The norm of all gradients with the threshold, and how often it was clipped. */
export function GradientInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const theme = useTheme();
  const zoom = useZoom();
  const norm = exam.roles.get('grad_norm/total')!;
  const names = useMemo(() => [norm.name], [norm.name]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, points: 1000, smoothing: 0.9 });
  const series = curves.get(norm.name);
  const lines = useMemo(() => lineOf(exam, series, 'before clipping', colourOf(0, theme)), [exam, series, theme]);
  const threshold = configNumber(exam, 'max_grad_norm', 'clip_norm', 'max_norm', 'gradient_clip_val') ?? positive(exam.roles.get('clip/threshold')?.last);
  const values = useMemo(() => (series ? fairSample(series, series.total, series.columnWidth) : []), [series]);
  const logged = exam.roles.get('clip/active');
  const clipped = logged ? toNumber(logged.mean) : threshold ? shareAbove(values, threshold) : NaN;
  const guides = useMemo(() => (threshold ? [{ value: threshold, label: `clip ${formatValue(threshold)}`, fit: true }] : guidesOf(norm.name, exam.run.config)), [threshold, norm.name, exam.run.config]);
  const own: Verdict | null = values.length < 10 ? null : {
    tone: 'ok',
    word: 'Stable',
    text: `Median ${formatValue(quantile(values, 0.5))}, nine in ten below ${formatValue(quantile(values, 0.9))}; ${threshold ? `clipped in ${percent(clipped)} of the steps.` : 'no threshold set.'}`,
  };
  return (
    <Frame place={place} id="gradient" title="Gradient norm" aside={threshold ? `clipped ${percent(clipped)}` : 'not clipped'} verdict={judged(exam, conditions.gradient, own, lines)} ready={ready} failed={failed}>
      <PlainPlot label="Norm of all gradients" lines={lines} log guides={guides} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
    </Frame>
  );
}

const positive = (value: Parameters<typeof toNumber>[0]): number | undefined => (toNumber(value) > 0 ? toNumber(value) : undefined);

/** More bars than this say no more. */
const mostLayers = 48;
const healthy = 100;

export const layersOf = (exam: Exam) => familyOf(exam, 'grad_norm/');

/** The norm of each layer's gradient as bars at one step, which can be played; the band reaches a hundredfold to both sides of the last layer. */
export function LayersInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const zoom = useZoom();
  const all = useMemo(() => layersOf(exam), [exam]);
  const members = useMemo(() => spreadOver(all, mostLayers), [all]);
  const names = useMemo(() => members.map(({ info }) => info.name), [members]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, points: 200 });
  const steps = useMemo(() => longest(names, curves), [names, curves]);
  const [at, setAt] = useState<number | null>(null);
  const index = Math.min(at ?? steps.length - 1, steps.length - 1);
  const playing = usePlay(steps.length, index, setAt);
  const step = steps[index] ?? 0;

  const values = members.map(({ label, info }) => ({ label, value: valueAt(curves.get(info.name), step) }));
  const last = values.at(-1)?.value ?? NaN;
  const band: [number, number] | null = last > 0 ? [last / healthy, last * healthy] : null;
  const bars = values.map(({ label, value }): Bar => ({ label, value, tone: band && value >= band[0] && value <= band[1] ? 'ok' : 'crit' }));
  const range = useMemo(() => rangeOf(names, curves, band), [names, curves, band?.[0]]);
  const ratio = (values[0]?.value ?? NaN) / last;
  const outside = bars.filter((bar) => bar.tone === 'crit').length;
  const own: Verdict | null = bars.length < 2 ? null : outside === 0
    ? { tone: 'ok', word: 'Every layer gets its share', text: `First / last = ${ratioText(ratio)}.` }
    : { tone: 'none', word: `${outside} of ${bars.length} outside`, text: `At step ${formatCount(step)}. First / last = ${ratioText(ratio)}.` };
  const verdict = judged(exam, conditions.layers, own);
  return (
    <Frame
      place={place}
      id="layers"
      title="Gradient by layer"
      aside={`first / last ${ratioText(ratio)}${all.length > members.length ? ` · ${members.length} of ${all.length} layers` : ''}`}
      verdict={verdict.tone === 'ok' || verdict.tone === 'none' ? verdict : { ...verdict, text: `First / last = ${ratioText(ratio)}. ${verdict.text}` }}
      ready={ready}
      failed={failed}
    >
      <LayerBars bars={bars} band={band} range={range} height={plotHeight} label={`Gradient norms at step ${step}`} />
      <div className="player">
        <button type="button" className="quiet" onClick={playing.toggle}>{playing.on ? 'pause' : 'play'}</button>
        <input type="range" min={0} max={Math.max(0, steps.length - 1)} value={Math.max(0, index)} aria-label="Step" aria-valuetext={`step ${step}`} onChange={(event) => setAt(Number(event.target.value))} onDoubleClick={() => zoom.set(null)} />
        <output>step {formatCount(step)}</output>
      </div>
    </Frame>
  );
}

/** Goes through so many positions, eight a second, from the start when it stood at the end. */
export function usePlay(count: number, index: number, show: (index: number) => void): { on: boolean; toggle: () => void } {
  const [on, setOn] = useState(false);
  useEffect(() => {
    if (!on) return;
    const timer = setTimeout(() => (index >= count - 1 ? setOn(false) : show(index + 1)), 120);
    return () => clearTimeout(timer);
  }, [on, index, count, show]);
  return {
    on,
    toggle: () => {
      if (!on && index >= count - 1) show(0);
      setOn(!on);
    },
  };
}

function longest(names: readonly string[], curves: ReadonlyMap<string, SeriesData>): readonly number[] {
  return names.map((name) => curves.get(name)?.x ?? []).reduce((a, b) => (b.length > a.length ? b : a), []);
}

function valueAt(series: SeriesData | undefined, step: number): number {
  const index = series ? nearestIndex(series.x, step) : -1;
  return index < 0 ? NaN : series!.y[index]!;
}

/** One scale for all steps, so that the bars can be compared while they move. */
function rangeOf(names: readonly string[], curves: ReadonlyMap<string, SeriesData>, band: [number, number] | null): [number, number] {
  let [low, high] = band ?? [1e-3, 1];
  for (const name of names) {
    for (const value of curves.get(name)?.y ?? []) {
      if (value <= 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

const mostActive = 6;
const limits = [{ value: 1e-6, label: '1e−6: vanishing', fit: false }, { value: 10, label: '10: exploding', fit: false }];

/** The six most active layers as lines, between where gradients vanish and where they explode. */
export function ActiveLayersInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const zoom = useZoom();
  const all = useMemo(() => layersOf(exam), [exam]);
  const members = useMemo(() => {
    const most = [...all].sort((a, b) => toNumber(b.info.mean) - toNumber(a.info.mean)).slice(0, mostActive);
    return all.filter((member) => most.includes(member));
  }, [all]);
  const names = useMemo(() => members.map(({ info }) => info.name), [members]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, points: 200 });
  const lines = useFamilyLines(exam, members, curves);
  const values = lines.map((line) => line.y.at(-1) ?? NaN).filter(Number.isFinite);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const own: Verdict | null = values.length === 0 ? null : high > 10
    ? { tone: 'none', word: 'Above 10', text: `The most active layer stands at ${formatValue(high)}: clip, or a NaN is near.` }
    : low < 1e-6
      ? { tone: 'none', word: 'Below 1e−6', text: `One of the most active layers stands at ${formatValue(low)}.` }
      : { tone: 'ok', word: 'Alive', text: `Between ${formatValue(low)} and ${formatValue(high)} now.` };
  return (
    <Frame place={place} id="active" title="Most active layers" aside={`${members.length} of ${all.length}`} verdict={judged(exam, conditions.active, own, lines)} ready={ready} failed={failed}>
      <PlainPlot label="Gradient norms of the most active layers" lines={lines} log guides={limits} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
    </Frame>
  );
}
