import { useEffect, useState } from 'react';
import { formatCount } from '../lib/numbers';
import { useView, usualSmoothing } from './view';

/** What holds for all charts of a page: smoothing, the x axis, the zoom. */
export function ChartTools() {
  const [view, change] = useView();
  const shown = view.smooth ?? usualSmoothing;
  const [smooth, setSmooth] = useState(shown);
  useEffect(() => setSmooth(shown), [shown]);
  useEffect(() => {
    if (smooth === shown) return;
    // Every value is a new read: wait until the hand rests.
    const timer = setTimeout(() => change({ smooth }), 120);
    return () => clearTimeout(timer);
  }, [smooth, shown, change]);

  return (
    <div className="tools">
      {view.from !== undefined && view.to !== undefined && (
        <button type="button" className="quiet" onClick={() => change({ from: undefined, to: undefined }, true)}>
          {(view.x ?? 'step') === 'step' ? `steps ${formatCount(Math.round(view.from))} to ${formatCount(Math.round(view.to))}` : 'zoomed'} · show all
        </button>
      )}
      <label>
        smoothing
        <input type="range" min="0" max="0.99" step="0.01" value={smooth} onChange={(event) => setSmooth(Number(event.target.value))} />
        <output>{smooth.toFixed(2)}</output>
      </label>
      <label>
        x
        <select value={view.x ?? 'step'} onChange={(event) => change({ x: event.target.value as 'step', from: undefined, to: undefined })}>
          <option value="step">step</option>
          <option value="relative">relative time</option>
          <option value="time">time</option>
        </select>
      </label>
    </div>
  );
}
