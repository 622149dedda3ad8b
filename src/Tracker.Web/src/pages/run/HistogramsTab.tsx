import { useQuery } from '@tanstack/react-query';
import { memo, useEffect, useMemo, useState } from 'react';
import { histogramsQuery } from '../../api/queries';
import { otherRunsQuery } from '../../api/diagnostics';
import type { HistogramColumn, Histograms, Run, SeriesInfo } from '../../api/types';
import { HeatMap } from '../../charts/HeatMap';
import { PercentileBands } from '../../charts/PercentileBands';
import { Ridge } from '../../charts/Ridge';
import { StepHistogram } from '../../charts/StepHistogram';
import { useTheme } from '../../charts/theme';
import { useInView } from '../../charts/useSize';
import { Empty, Failure } from '../../components/states';
import { useView } from '../../components/view';
import { formatCount, formatValue } from '../../lib/numbers';
import { colourOf } from '../../lib/palette';
import { nearestIndex } from '../../lib/points';

const height = 168;
const stepHeight = 92;
const shapes = { heat: 'Heat map', ridge: 'Ridgeline', percentiles: 'Percentiles' };
type Shape = keyof typeof shapes;

/** Every histogram series over time, by prefix and layer: as a heat map, a ridgeline or percentiles, with one step in detail, and beside another run. */
export function HistogramsTab({ run, series }: { run: Run; series: readonly SeriesInfo[] }) {
  const [view, change] = useView();
  const histograms = series.filter((item) => item.kind === 'histogram');
  if (histograms.length === 0) {
    return (
      <Empty title="This run logs no histograms.">
        <p>Activations, gradients and weights as histograms show dead and saturated units. In Python:</p>
        <pre><code>run.log_histogram("activations/layer1", values, step=step)</code></pre>
      </Empty>
    );
  }
  const shape: Shape = view.shape !== undefined && view.shape in shapes ? (view.shape as Shape) : 'heat';
  const layers = [...new Set(histograms.map(({ name }) => layerOf(name)))];
  const shown = histograms.filter(({ name }) => view.layer === undefined || layerOf(name) === view.layer);
  const [first, last] = [Math.min(...histograms.map((item) => item.firstStep ?? 0)), Math.max(...histograms.map((item) => item.lastStep ?? 0))];
  return (
    <>
      <div className="tools histogram-tools">
        <div className="segmented" role="group" aria-label="Shown as">
          {Object.entries(shapes).map(([key, name]) => <button key={key} type="button" aria-pressed={shape === key} onClick={() => change({ shape: key === 'heat' ? undefined : key }, true)}>{name}</button>)}
        </div>
        <label>
          layer
          <select value={view.layer ?? ''} onChange={(event) => change({ layer: event.target.value || undefined }, true)}>
            <option value="">all {formatCount(layers.length)}</option>
            {layers.map((layer) => <option key={layer} value={layer}>{layer}</option>)}
          </select>
        </label>
        <StepSlider first={first} last={last} at={view.at} onChange={(at) => change({ at })} />
        <Beside run={run} value={view.beside} onChange={(beside) => change({ beside }, true)} />
      </div>
      {[...Map.groupBy(shown, ({ name }) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : 'other'))].map(([prefix, members]) => (
        <section key={prefix} aria-label={prefix}>
          <h2 className="section-name">{prefix} <span>{formatCount(members.length)} series</span></h2>
          <div className="chart-grid">
            {members.map(({ name }) => <HistogramCard key={name} run={run.id} name={name} shape={shape} at={view.at} beside={view.beside} onPick={(at) => change({ at })} />)}
          </div>
        </section>
      ))}
    </>
  );
}

const layerOf = (name: string): string => name.slice(name.indexOf('/') + 1);

/** Which step is shown in detail; at its right end it follows the newest. */
function StepSlider({ first, last, at, onChange }: { first: number; last: number; at: number | undefined; onChange: (at: number | undefined) => void }) {
  const [value, setValue] = useState(at ?? last);
  useEffect(() => setValue(at ?? last), [at, last]);
  useEffect(() => {
    if (value === (at ?? last)) return;
    const timer = setTimeout(() => onChange(value >= last ? undefined : value), 60);
    return () => clearTimeout(timer);
  }, [value, at, last, onChange]);
  return (
    <label>
      step
      <input type="range" min={first} max={last} value={Math.min(last, value)} onChange={(event) => setValue(Number(event.target.value))} />
      <output>{formatCount(value)}</output>
    </label>
  );
}

/** Another run of the project to lay over this one. */
function Beside({ run, value, onChange }: { run: Run; value: string | undefined; onChange: (run: string | undefined) => void }) {
  const [asked, setAsked] = useState(value !== undefined);
  const { data } = useQuery({ ...otherRunsQuery(run.project), enabled: asked });
  return (
    <label>
      beside
      <select value={value ?? ''} onPointerDown={() => setAsked(true)} onFocus={() => setAsked(true)} onChange={(event) => onChange(event.target.value || undefined)}>
        <option value="">no other run</option>
        {value !== undefined && !data?.some((item) => item.id === value) && <option value={value}>{value}</option>}
        {data?.filter((item) => item.id !== run.id).map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
      </select>
    </label>
  );
}

interface CardProps {
  run: string;
  name: string;
  shape: Shape;
  at: number | undefined;
  beside: string | undefined;
  onPick: (step: number) => void;
}

const HistogramCard = memo(function HistogramCard({ run, name, shape, at, beside, onPick }: CardProps) {
  const theme = useTheme();
  const [seen, inView] = useInView<HTMLDivElement>();
  const { data, error, refetch } = useQuery({ ...histogramsQuery(run, name, 160), enabled: inView });
  const other = useQuery({ ...histogramsQuery(beside ?? '', name, 160), enabled: inView && beside !== undefined });
  const [hit, setHit] = useState<{ column: number; bin: number } | null>(null);
  const otherData = beside === undefined ? undefined : other.data;
  const column = data && columnAt(data, at);
  const pointed = data && hit ? data.columns[hit.column] : undefined;
  const colours = [colourOf(0, theme), colourOf(1, theme)] as const;
  const room = height + stepHeight + 84;
  const steps = useMemo(() => [column, otherData && columnAt(otherData, at ?? column?.step)], [column, otherData, at]);
  return (
    <div ref={seen} className="chart-place" style={{ minHeight: room }}>
      {error && !data && <Failure what={`${name} could not be read.`} error={error} retry={() => void refetch()} />}
      {data && inView && (
        <figure className="chart">
          <figcaption className="chart-head">
            <span className="chart-title">{name}</span>
            <span className="chart-count">
              {pointed && hit ? `step ${formatCount(pointed.step)} · ${formatValue(data.edges[hit.bin]!)} to ${formatValue(data.edges[hit.bin + 1]!)}: ${formatCount(Math.round(pointed.counts[hit.bin]!))}` : `${data.columns.length} of ${formatCount(data.total)} steps`}
            </span>
          </figcaption>
          {shape === 'heat' && <HeatMap edges={data.edges} columns={data.columns} label={name} height={height} at={at === undefined ? undefined : data.columns.indexOf(column!)} onPoint={setHit} onPick={(index) => onPick(data.columns[index]!.step)} />}
          {shape === 'ridge' && <Ridge edges={data.edges} columns={data.columns} label={`${name} over time`} height={height + 18} at={at === undefined ? undefined : data.columns.indexOf(column!)} />}
          {shape === 'percentiles' && (
            <PercentileBands height={height + 18} label={`Percentiles of ${name} over time`} bands={[{ colour: colours[0], columns: data.columns }, ...(otherData ? [{ colour: colours[1], columns: otherData.columns }] : [])]} />
          )}
          {column && (
            <>
              <p className="step-facts"><i style={{ background: colours[0] }} aria-hidden="true" />step {formatCount(column.step)}: {facts(column)}</p>
              {steps[1] && <p className="step-facts"><i style={{ background: colours[1] }} aria-hidden="true" />the other, step {formatCount(steps[1].step)}: {facts(steps[1])}</p>}
              {beside !== undefined && other.data === undefined && other.error && <p className="step-facts">The other run does not log {name}.</p>}
              <StepHistogram
                height={stepHeight}
                label={`${name} at step ${column.step}`}
                shapes={[{ edges: data.edges, counts: column.counts, colour: colours[0] }, ...(otherData && steps[1] ? [{ edges: otherData.edges, counts: steps[1].counts, colour: colours[1] }] : [])]}
              />
            </>
          )}
        </figure>
      )}
      {!data && !error && <div className="skeleton" style={{ height: room }} aria-hidden="true" />}
    </div>
  );
});

function columnAt(data: Histograms, step: number | undefined): HistogramColumn | undefined {
  return step === undefined ? data.columns.at(-1) : data.columns[nearestIndex(data.columns.map((column) => column.step), step)];
}

const facts = ({ statistics }: HistogramColumn): string =>
  `5 % ${formatValue(statistics.p5)} · median ${formatValue(statistics.p50)} · 95 % ${formatValue(statistics.p95)} · mean ${formatValue(statistics.mean)} ± ${formatValue(statistics.std)}`;
