import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useSize } from '../../charts/useSize';
import { useTheme } from '../../charts/theme';
import { labelOf } from '../../components/runs/GridHead';
import { useView } from '../../components/view';
import { columnOf, differences, marksOf, placeOn, scaleOf, valueText, type Scale } from '../../lib/compare';
import { colourOf, rampColour } from '../../lib/palette';
import { spearman } from '../../lib/ranks';
import { formatFixed, formatValue } from '../../lib/numbers';
import type { Compared } from './ComparePage';
import { usualTarget } from './ComparePage';
import { FieldSelect } from './FieldSelect';

const height = 520;
const pad = { left: 64, right: 16, top: 12, bottom: 34 };

/** Any two values of the runs against each other, a third as colour. */
export function ScatterPart({ rows, metrics }: Compared) {
  const [view, change] = useView();
  const navigate = useNavigate();
  const theme = useTheme();
  const [box, width] = useSize<HTMLDivElement>();
  const [over, setOver] = useState<number | null>(null);
  const config = useMemo(() => differences(rows).map(({ path }) => path), [rows]);
  const numeric = config.find((path) => /(^|\.)(lr|learning_rate)$/.test(path)) ?? config.find((path) => rows.every((row) => typeof row.config[path] === 'number')) ?? config[0];
  const [fx, fy, fc] = [view.sx ?? (numeric ? `config.${numeric}` : 'duration'), view.sy ?? usualTarget(metrics) ?? 'duration', view.sc];
  const data = useMemo(() => [fx, fy, ...(fc ? [fc] : [])].map((field) => {
    const values = columnOf(rows, field);
    return { values, scale: scaleOf(values) };
  }), [rows, fx, fy, fc]);
  const [x, y, c] = data;
  const left = (place: number) => pad.left + place * (width - pad.left - pad.right);
  const top = (place: number) => height - pad.bottom - place * (height - pad.top - pad.bottom);
  const correlation = useMemo(() => spearman(x!.values.map(Number), y!.values.map((value) => (value === null ? NaN : Number(value)))), [x, y]);
  const points = useMemo(() => (x?.scale && y?.scale ? rows.flatMap((row, i) => {
    const at = [placeOn(x.scale!, x.values[i]!), placeOn(y.scale!, y.values[i]!)] as const;
    return Number.isNaN(at[0]) || Number.isNaN(at[1]) ? [] : [{ i, at, row }];
  }) : []), [rows, x, y]);
  const colour = (i: number): string => {
    if (!c?.scale) return colourOf(0, theme);
    const place = placeOn(c.scale, c.values[i]!);
    return Number.isNaN(place) ? 'var(--text-3)' : c.scale.kind === 'words' && c.scale.words.length <= 12 ? colourOf(c.scale.words.indexOf(valueText(c.values[i]!)), theme) : rampColour(place, theme);
  };
  const hovered = points.find((point) => point.i === over);
  return (
    <section className="panel" aria-label="Scatter">
      <div className="tools compare-tools">
        <FieldSelect label="x" value={fx} metrics={metrics} config={config} onChange={(sx) => change({ sx })} />
        <FieldSelect label="y" value={fy} metrics={metrics} config={config} onChange={(sy) => change({ sy })} />
        <FieldSelect label="colour" value={fc} metrics={metrics} config={config} none="one" onChange={(sc) => change({ sc })} />
        <span>{points.length} of {rows.length} runs have both{correlation && ` · rank correlation ${formatFixed(correlation.rho, 2)} (${formatFixed(correlation.low, 2)} to ${formatFixed(correlation.high, 2)}, n = ${correlation.n})`}</span>
      </div>
      {c?.scale && <ColourKey scale={c.scale} label={labelOf(fc!)} theme={theme} />}
      <div ref={box} className="scatter" style={{ height }}>
        {width > 0 && x?.scale && y?.scale && (
          <svg width={width} height={height} role="img" aria-label={`${labelOf(fy)} over ${labelOf(fx)}, ${points.length} runs`}>
            {marksOf(x.scale, 8).map(({ text, place }) => <g key={text}><line className="svg-grid" x1={left(place)} x2={left(place)} y1={pad.top} y2={height - pad.bottom} /><text className="svg-text" x={left(place)} y={height - 16} textAnchor="middle">{short(text)}</text></g>)}
            {marksOf(y.scale, 8).map(({ text, place }) => <g key={text}><line className="svg-grid" x1={pad.left} x2={width - pad.right} y1={top(place)} y2={top(place)} /><text className="svg-text" x={pad.left - 8} y={top(place) + 4} textAnchor="end">{short(text)}</text></g>)}
            <text className="svg-text" x={width - pad.right} y={height - 2} textAnchor="end">{labelOf(fx)}{x.scale.kind === 'log' && ', log'}</text>
            <text className="svg-text" x={4} y={10}>{labelOf(fy)}{y.scale.kind === 'log' && ', log'}</text>
            {points.map(({ i, at, row }) => (
              <circle key={row.id} className="svg-point" cx={left(at[0])} cy={top(at[1])} r={i === over ? 6 : 4} fill={colour(i)} fillOpacity={over === null || i === over ? 0.75 : 0.3}
                onPointerEnter={() => setOver(i)} onPointerLeave={() => setOver(null)} onClick={() => void navigate({ to: '/runs/$run', params: { run: row.id }, search: {} })} />
            ))}
          </svg>
        )}
        {(!x?.scale || !y?.scale) && <p className="cell-none">The runs have nothing to place on {x?.scale ? labelOf(fy) : labelOf(fx)}.</p>}
        {hovered && (
          <div className="scatter-tip" style={{ left: Math.min(left(hovered.at[0]) + 12, width - 220), top: Math.max(0, top(hovered.at[1]) - 60) }}>
            <b>{hovered.row.name}</b>
            {[fx, fy, ...(fc ? [fc] : [])].map((field, k) => <span key={field}>{labelOf(field)} <b>{valueText(data[k]!.values[hovered.i]!)}</b></span>)}
          </div>
        )}
      </div>
    </section>
  );
}

const short = (text: string): string => (text.length > 14 ? `${text.slice(0, 13)}…` : text);

function ColourKey({ scale, label, theme }: { scale: Scale; label: string; theme: 'light' | 'dark' }) {
  if (scale.kind === 'words') {
    return <p className="colour-key">{label}: {scale.words.slice(0, 12).map((word, i) => <span key={word}><i style={{ background: scale.words.length <= 12 ? colourOf(i, theme) : rampColour(i / (scale.words.length - 1), theme) }} />{word}</span>)}</p>;
  }
  const stops = Array.from({ length: 9 }, (_, i) => rampColour(i / 8, theme)).join(', ');
  return <p className="colour-key">{label}: {formatValue(scale.low)} <i className="colour-ramp" style={{ background: `linear-gradient(90deg, ${stops})` }} /> {formatValue(scale.high)}</p>;
}
