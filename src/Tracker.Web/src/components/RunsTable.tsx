import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useRef } from 'react';
import { sparklineQuery } from '../api/queries';
import type { Run } from '../api/types';
import { setFocus } from '../charts/focus';
import { Sparkline } from '../charts/Sparkline';
import { formatCount, formatValue, toNumber } from '../lib/numbers';
import { accuracySeries, primarySeries } from '../lib/sections';
import { Health, StateWord } from './Health';

interface Props {
  runs: readonly Run[];
  shown: ReadonlySet<string>;
  colours: (run: string) => string;
  onToggle: (run: string) => void;
}

/** The runs of a project: how each is, how its loss went, where it stands. Only the rows in view exist. */
export function RunsTable({ runs, shown, colours, onToggle }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({ count: runs.length, getScrollElement: () => box.current, estimateSize: () => 28, overscan: 12, getItemKey: (i) => runs[i]!.id });
  return (
    <div ref={box} className="runs" role="table" aria-label="Runs" aria-rowcount={runs.length + 1}>
      <div role="row" className="run-row run-head">
        <span role="columnheader"><span className="hidden">On the charts</span></span>
        <span role="columnheader">Run</span>
        <span role="columnheader">Health</span>
        <span role="columnheader">State</span>
        <span role="columnheader" className="number">step</span>
        <span role="columnheader">loss</span>
        <span role="columnheader" className="number">last</span>
        <span role="columnheader" className="number">val acc</span>
      </div>
      <div style={{ height: rows.getTotalSize() }} className="runs-body" role="rowgroup">
        {rows.getVirtualItems().map((row) => {
          const run = runs[row.index]!;
          return (
            <div key={row.key} style={{ transform: `translateY(${row.start}px)` }} className="run-place">
              <RunRow run={run} shown={shown.has(run.id)} colour={colours(run.id)} onToggle={onToggle} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  run: Run;
  shown: boolean;
  colour: string;
  onToggle: (run: string) => void;
}

const RunRow = memo(function RunRow({ run, shown, colour, onToggle }: RowProps) {
  const names = Object.keys(run.metrics);
  const loss = primarySeries(names);
  const accuracy = accuracySeries(names);
  const last = (name: string | undefined) => (name === undefined || run.metrics[name]?.last == null ? '–' : formatValue(toNumber(run.metrics[name].last)));
  return (
    <div
      role="row"
      className="run-row"
      data-shown={shown || undefined}
      onPointerEnter={() => setFocus(shown ? run.id : null)}
      onPointerLeave={() => setFocus(null)}
    >
      <span role="cell">
        <button type="button" className="eye" aria-pressed={shown} aria-label={`Show ${run.name} on the charts`} style={{ color: colour }} onClick={() => onToggle(run.id)}>
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <circle cx="6" cy="6" r="4" fill={shown ? 'currentColor' : 'none'} stroke="currentColor" strokeWidth="1.4" />
          </svg>
        </button>
      </span>
      <span role="cell" className="run-name"><Link to="/runs/$run" params={{ run: run.id }} title={run.id}>{run.name}</Link></span>
      <span role="cell" className="run-health"><Health run={run} /></span>
      <span role="cell"><StateWord state={run.state} /></span>
      <span role="cell" className="number">{run.lastStep === null ? '–' : formatCount(run.lastStep)}</span>
      <span role="cell">{loss && <RunSparkline run={run.id} series={loss} colour={colour} />}</span>
      <span role="cell" className="number">{last(loss)}</span>
      <span role="cell" className="number">{last(accuracy)}</span>
    </div>
  );
});

function RunSparkline({ run, series, colour }: { run: string; series: string; colour: string }) {
  const { data } = useQuery({ ...sparklineQuery(run, series), staleTime: 60_000 });
  return data ? <Sparkline x={data.x} y={data.smoothed && data.total >= 100 ? data.smoothed : data.y} colour={colour} label={`${series} over its steps`} /> : null;
}
