import { useEffect, useState } from 'react';
import type { Smoother } from '../api/queries';
import { formatCount, formatValue } from '../lib/numbers';
import { useChartKeys } from './useChartKeys';
import { smoothRange, useView, type Size } from './view';

const smoothers: Record<Smoother, string> = { ema: 'exponential', 'time-ema': 'time-weighted', gaussian: 'Gaussian', mean: 'running mean' };
const axes = [['step', 'step'], ['relative', 'relative time'], ['time', 'time']];
const none: readonly string[] = [];

/** What holds for all charts of a page: smoothing, the x axis, the zoom. `series`: what can stand on the x axis besides. */
export function ChartTools({ series = none }: { series?: readonly string[] }) {
  const [view, change] = useView();
  useChartKeys();
  const range = smoothRange(view.smoother);
  const shown = view.smooth ?? range.usual;
  const [smooth, setSmooth] = useState(shown);
  useEffect(() => setSmooth(shown), [shown]);
  useEffect(() => {
    if (smooth === shown) return;
    // Every value is a new read: wait until the hand rests.
    const timer = setTimeout(() => change({ smooth }), 120);
    return () => clearTimeout(timer);
  }, [smooth, shown, change]);
  const { x = 'step', from, to } = view;

  return (
    <div className="tools">
      {from !== undefined && to !== undefined && (
        <button type="button" className="quiet zoomed" onClick={() => change({ from: undefined, to: undefined }, true)}>
          {x === 'step' ? `steps ${formatCount(Math.round(from))} to ${formatCount(Math.round(to))}` : axes.some(([axis]) => axis === x) ? 'zoomed' : `${formatValue(from)} to ${formatValue(to)}`} · show all
        </button>
      )}
      <label>
        <span className="tools-word">smoothing</span>
        <select aria-label="Kind of smoothing" value={view.smoother ?? 'ema'} onChange={(event) => change({ smoother: event.target.value === 'ema' ? undefined : (event.target.value as Smoother), smooth: undefined })}>
          {Object.entries(smoothers).map(([kind, name]) => <option key={kind} value={kind}>{name}</option>)}
        </select>
      </label>
      <label>
        <input type="range" aria-label="Strength of smoothing" min="0" max={range.max} step={range.step} value={smooth} onChange={(event) => setSmooth(Number(event.target.value))} />
        <output>{range.max > 1 ? smooth : smooth.toFixed(2)}</output>
      </label>
      <label>
        x
        <select className="tools-axis" value={x} onChange={(event) => change({ x: event.target.value === 'step' ? undefined : event.target.value, from: undefined, to: undefined })}>
          {axes.map(([axis, name]) => <option key={axis} value={axis}>{name}</option>)}
          {!axes.some(([axis]) => axis === x) && !series.includes(x) && <option value={x}>{x}</option>}
          {series.length > 0 && <optgroup label="Another series">{series.slice(0, 300).map((name) => <option key={name} value={name}>{name}</option>)}</optgroup>}
        </select>
      </label>
      <button type="button" className="quiet" aria-pressed={view.xlog === true} disabled={x === 'time'} onClick={() => change({ xlog: view.xlog ? undefined : true })}>log x</button>
      <button type="button" className="quiet" aria-pressed={view.calm === '*'} title="The y axes leave out the few values that lie far from the others, and say how many" onClick={() => change({ calm: view.calm === '*' ? undefined : '*' })}>ignore outliers</button>
      <label>
        <span className="tools-word">size</span>
        <select aria-label="Size of charts" value={view.size ?? ''} onChange={(event) => change({ size: (event.target.value || undefined) as Size | undefined })}>
          <option value="small">small</option><option value="">medium</option><option value="large">large</option>
        </select>
      </label>
    </div>
  );
}
