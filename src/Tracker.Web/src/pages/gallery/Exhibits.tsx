import { LayerBars } from '../../charts/LayerBars';
import { StaticPlot, type StaticLine } from '../../charts/StaticPlot';
import { useTheme } from '../../charts/theme';
import { withOnset } from '../../components/DiagnosisCard';
import { Icon } from '../../components/Icon';
import { summariseConfig } from '../../lib/config';
import { toneOf } from '../../lib/health';
import { formatValue, toNumber } from '../../lib/numbers';
import { colourOf, rampColour, type Theme } from '../../lib/palette';
import type { Exhibit } from './gallery';

export const toneOfExhibit = ({ diagnosis }: Exhibit): 'ok' | 'info' | 'warn' | 'crit' => (diagnosis ? (diagnosis.severity === 'info' ? (diagnosis.well ? 'ok' : 'info') : toneOf(diagnosis.severity)) : 'ok');

export function lossLines({ train, val }: Exhibit, theme: Theme): StaticLine[] {
  return [...(train ? [{ label: 'train', colour: colourOf(0, theme), ...train }] : []), ...(val ? [{ label: 'val', colour: colourOf(1, theme), ...val }] : [])];
}

const rangeOf = ({ diagnosis }: Exhibit) => (diagnosis && diagnosis.severity !== 'info' ? { from: diagnosis.onset, to: diagnosis.to, tone: toneOf(diagnosis.severity) as 'warn' | 'crit' } : undefined);

/** The loss of an exhibit, log y, with its diagnosis's range. */
export function LossPlot({ exhibit, height, bare = false }: { exhibit: Exhibit; height: number; bare?: boolean }) {
  const theme = useTheme();
  return <StaticPlot lines={lossLines(exhibit, theme)} log height={height} label={`Loss of ${exhibit.title}`} range={bare ? undefined : rangeOf(exhibit)} lost={exhibit.train?.lost} gap={!bare && exhibit.val !== null} bare={bare} />;
}

/** The instrument that shows the fault. */
export function InstrumentPlot({ exhibit, height }: { exhibit: Exhibit; height: number }) {
  const theme = useTheme();
  if (!exhibit.instrument) return null;
  const { lines, log, title } = exhibit.instrument;
  const colour = (i: number) => (lines.length <= 3 ? colourOf(i + 2, theme) : rampColour(i / (lines.length - 1), theme));
  return (
    <>
      <p className="exhibit-instrument">{title}{lines.length > 1 && lines.length <= 3 && <> — {lines.map((line, i) => <span key={line.label}><i style={{ background: colour(i) }} aria-hidden="true" />{line.label}</span>)}</>}</p>
      <StaticPlot lines={lines.map((line, i) => ({ ...line, colour: colour(i) }))} log={log} height={height} label={`${title} of ${exhibit.title}`} range={rangeOf(exhibit)} lost={lines[0]?.lost} />
    </>
  );
}

/** What the analyzer says of it, and what to do. */
export function Told({ exhibit }: { exhibit: Exhibit }) {
  const { diagnosis } = exhibit;
  const tone = toneOfExhibit(exhibit);
  if (!diagnosis) return <p className="verdict"><span className="health" data-tone="ok"><Icon shape="ok" /><b>Nothing to report.</b></span></p>;
  return (
    <p className="verdict">
      <span className="health" data-tone={tone}><Icon shape={tone} /><b>{diagnosis.severity === 'info' ? diagnosis.title : withOnset({ title: diagnosis.title, onsetStep: diagnosis.onset })}.</b></span>
      {diagnosis.severity !== 'info' && <> {capital(diagnosis.cause)}.{diagnosis.todo && <> <b>Do:</b> {diagnosis.todo}</>}</>}
    </p>
  );
}

const capital = (text: string): string => (text[0] ?? '').toUpperCase() + text.slice(1);

/** Training, validation and the gap between them, at the end. */
export function EndValues({ exhibit }: { exhibit: Exhibit }) {
  const last = (curve: Exhibit['train']) => (curve?.smoothed ?? curve?.y)?.at(-1);
  const [train, val] = [last(exhibit.train), last(exhibit.val)];
  if (exhibit.train?.lost !== undefined) return <dl className="end-values"><div><dt>train</dt><dd>NaN</dd></div></dl>;
  return (
    <dl className="end-values">
      {train !== undefined && <div><dt>train</dt><dd>{formatValue(train)}</dd></div>}
      {val !== undefined && <div><dt>val</dt><dd>{formatValue(val)}</dd></div>}
      {train !== undefined && val !== undefined && <div><dt>gap</dt><dd>{formatValue(val - train)}</dd></div>}
    </dl>
  );
}

/** Gradient norms of the layers at the end, on one scale for all regimes. */
export function RegimeBars({ exhibit }: { exhibit: Exhibit }) {
  const values = exhibit.layers.map(({ label, value }) => ({ label, value: toNumber(value) }));
  const last = values.at(-1)?.value ?? NaN;
  const explodes = last > 100;
  const band: [number, number] = explodes ? [1e-2, 10] : [last / 100, last * 100];
  const ratio = (values[0]?.value ?? NaN) / last;
  return (
    <>
      <LayerBars bars={values.map((bar) => ({ ...bar, tone: bar.value >= band[0] && bar.value <= band[1] ? 'ok' : 'crit' }))} band={band} range={[1e-5, 1e3]} height={130} label={`Gradient norms of ${exhibit.title}`} />
      <p className="exhibit-instrument">first / last {ratio === 0 ? '0' : formatValue(ratio)}</p>
    </>
  );
}

export const configOf = (exhibit: Exhibit): string => summariseConfig(exhibit.config);
