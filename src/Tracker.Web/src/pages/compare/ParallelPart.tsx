import { useNavigate } from '@tanstack/react-router';
import { useMemo, useRef, useState, type PointerEvent as ReactPointerEvent } from 'react';
import { useTheme } from '../../charts/theme';
import { useSize } from '../../charts/useSize';
import { ColumnMenu } from './ColumnMenu';
import { labelOf } from '../../components/runs/GridHead';
import { useView } from '../../components/view';
import { columnOf, marksOf, parametersOf, placeOn, readBrushes, scaleOf, valueText, writeBrushes } from '../../lib/compare';
import { configField } from '../../lib/fields';
import { rampColour } from '../../lib/palette';
import type { Compared } from './ComparePage';
import { usualTarget } from './ComparePage';
import { FieldSelect } from './FieldSelect';

const height = 460;
const pad = { side: 90, top: 46, bottom: 24 };
const usualAxes = 7;

/** Every run a line over its config and what came of it. A range drawn on an axis keeps the runs that lie in it. */
export function ParallelPart({ rows, metrics }: Compared) {
  const [view, change] = useView();
  const navigate = useNavigate();
  const theme = useTheme();
  const [box, width] = useSize<HTMLDivElement>();
  const [over, setOver] = useState<string | null>(null);
  const [drawn, setDrawn] = useState<{ field: string; range: [number, number] } | null>(null);
  const config = useMemo(() => parametersOf(rows).map(({ name }) => name), [rows]);
  const target = view.target ?? usualTarget(metrics);
  const fields = useMemo(() => {
    const chosen = view.axes ? view.axes.split(';') : config.slice(0, usualAxes).map(configField);
    return [...chosen.filter((field) => field !== target), ...(target ? [target] : [])];
  }, [view.axes, config, target]);
  const axes = useMemo(() => fields.flatMap((field) => {
    const values = columnOf(rows, field);
    const scale = scaleOf(values);
    return scale ? [{ field, values, scale, places: values.map((value) => placeOn(scale, value)) }] : [];
  }), [rows, fields]);
  const brushes = useMemo(() => {
    const map = readBrushes(view.brush);
    if (drawn) map.set(drawn.field, drawn.range);
    return map;
  }, [view.brush, drawn]);
  const left = (i: number) => (axes.length < 2 ? width / 2 : pad.side + (i * (width - 2 * pad.side)) / (axes.length - 1));
  const top = (place: number) => height - pad.bottom - place * (height - pad.top - pad.bottom);
  const last = axes.at(-1);
  const lines = useMemo(() => rows.map((row, r) => {
    const inside = axes.every(({ field, places }) => {
      const range = brushes.get(field);
      return !range || (places[r]! >= range[0] && places[r]! <= range[1]);
    });
    return { row, r, inside };
  }), [rows, axes, brushes]);
  const kept = lines.filter((line) => line.inside);
  const path = (r: number) => axes.map(({ places }, i) => {
    // A run without the value passes below the axis.
    const place = Number.isNaN(places[r]!) ? -0.04 : places[r]!;
    return `${i === 0 ? 'M' : 'L'}${left(i).toFixed(1)} ${top(place).toFixed(1)}`;
  }).join('');
  const colour = (r: number) => (last && !Number.isNaN(last.places[r]!) ? rampColour(last.places[r]!, theme) : 'var(--text-3)');
  const setBrush = (field: string, range: [number, number] | null) => {
    const map = readBrushes(view.brush);
    if (range) map.set(field, range);
    else map.delete(field);
    change({ brush: writeBrushes(map) });
  };

  return (
    <section className="panel" aria-label="Parallel coordinates">
      <div className="tools compare-tools">
        <FieldSelect label="judged by" value={target} metrics={metrics} config={config} onChange={(field) => change({ target: field })} />
        <ColumnMenu label="Axes" chosen={fields.filter((field) => field !== target)} config={config} metrics={metrics} onChange={(list) => change({ axes: list.join(';') || undefined })} />
        <span>{brushes.size > 0 ? `${kept.length} of ${rows.length} runs lie in the ranges` : `${rows.length} runs; draw a range on an axis`}</span>
        {brushes.size > 0 && <button type="button" className="quiet" onClick={() => change({ brush: undefined })}>Take the ranges away</button>}
        {brushes.size > 0 && kept.length >= 2 && <button type="button" onClick={() => change({ runs: kept.map(({ row }) => row.id).join(','), brush: undefined }, true)}>Only these {kept.length}</button>}
      </div>
      <div ref={box} className="scatter" style={{ height }}>
        {width > 0 && (
          <svg width={width} height={height} role="img" aria-label={`${rows.length} runs over ${axes.map(({ field }) => labelOf(field)).join(', ')}`}>
            {[...lines].sort((a, b) => Number(a.inside) - Number(b.inside)).map(({ row, r, inside }) => (
              <path key={row.id} className="svg-line" d={path(r)} stroke={inside ? colour(r) : 'var(--line-strong)'} strokeWidth={row.id === over ? 3 : 1.2}
                strokeOpacity={row.id === over ? 1 : inside ? (over ? 0.15 : rows.length > 150 ? 0.45 : 0.75) : 0.18}
                onPointerEnter={() => inside && setOver(row.id)} onPointerLeave={() => setOver(null)} onClick={() => void navigate({ to: '/runs/$run', params: { run: row.id }, search: {} })} />
            ))}
            {axes.map((axis, i) => (
              <g key={axis.field}>
                <line className="svg-axis" x1={left(i)} x2={left(i)} y1={top(0)} y2={top(1)} />
                {marksOf(axis.scale, 6).map(({ text, place }) => <text key={text} className="svg-text svg-halo" x={left(i) + (i === axes.length - 1 ? 8 : -8)} y={top(place) + 4} textAnchor={i === axes.length - 1 ? 'start' : 'end'}>{text.length > 12 ? `${text.slice(0, 11)}…` : text}</text>)}
                <text className="svg-head" x={left(i)} y={18 + (i % 2) * 14} textAnchor="middle">{labelOf(axis.field).slice(-26)}</text>
                <Brush left={left(i)} top={top} range={brushes.get(axis.field)} name={labelOf(axis.field)}
                  onDraw={(range) => setDrawn({ field: axis.field, range })}
                  onDone={(range) => {
                    setDrawn(null);
                    setBrush(axis.field, range);
                  }} />
              </g>
            ))}
          </svg>
        )}
        {over && <div className="scatter-tip" style={{ right: 8, top: 0 }}><b>{rows.find((row) => row.id === over)?.name}</b>{axes.map(({ field, values }) => <span key={field}>{labelOf(field)} <b>{valueText(values[rows.findIndex((row) => row.id === over)]!)}</b></span>)}</div>}
      </div>
    </section>
  );
}

interface BrushProps {
  left: number;
  top: (place: number) => number;
  range: readonly [number, number] | undefined;
  name: string;
  onDraw: (range: [number, number]) => void;
  onDone: (range: [number, number] | null) => void;
}

/** A range of an axis, drawn with the pointer; a click takes it away. */
function Brush({ left, top, range, name, onDraw, onDone }: BrushProps) {
  const latest = useRef<[number, number] | null>(null);
  const start = (event: ReactPointerEvent<SVGRectElement>) => {
    const area = event.currentTarget.ownerSVGElement!.getBoundingClientRect();
    const [low, high] = [top(0), top(1)];
    const placeOf = (y: number) => Math.min(1.02, Math.max(-0.02, (low - (y - area.top)) / (low - high)));
    const from = placeOf(event.clientY);
    latest.current = null;
    const move = (moved: PointerEvent) => {
      const to = placeOf(moved.clientY);
      latest.current = [Math.min(from, to), Math.max(from, to)];
      onDraw(latest.current);
    };
    const end = () => {
      removeEventListener('pointermove', move);
      onDone(latest.current && latest.current[1] - latest.current[0] > 0.01 ? [Math.max(0, latest.current[0]), latest.current[1]] : null);
    };
    event.preventDefault();
    addEventListener('pointermove', move);
    addEventListener('pointerup', end, { once: true });
  };
  return (
    <>
      {range && <rect className="svg-brush" x={left - 8} width={16} y={top(range[1])} height={Math.max(2, top(range[0]) - top(range[1]))} />}
      <rect className="svg-grip" x={left - 12} width={24} y={top(1.03)} height={top(-0.03) - top(1.03)} onPointerDown={start}><title>Draw a range of {name}</title></rect>
    </>
  );
}
