import { linearTicks, logTicks, yExtent, type Range } from '../lib/axes';
import { formatCount, formatValue } from '../lib/numbers';
import { useSize } from './useSize';

export interface StaticLine {
  label: string;
  colour: string;
  x: readonly number[];
  y: readonly number[];
  smoothed?: readonly number[] | undefined;
}

interface Props {
  lines: readonly StaticLine[];
  log?: boolean;
  height: number;
  label: string;
  /** A tinted range, from its onset to its end or on. */
  range?: { from: number; to: number | null; tone: 'warn' | 'crit' | 'info' } | undefined;
  /** First step that is not a number. */
  lost?: number | undefined;
  /** Whether the gap between the first two lines is shaded. */
  gap?: boolean;
  /** Without axes: as small as a stamp. */
  bare?: boolean;
}

/** A drawing of curves that needs no script once it stands: for pages that are printed. */
export function StaticPlot({ lines, log = false, height, label, range, lost, gap = false, bare = false }: Props) {
  const [box, width] = useSize<HTMLDivElement>();
  const xs = lines.flatMap((line) => [line.x[0] ?? 0, line.x.at(-1) ?? 0]);
  const x: Range = [Math.min(...xs), Math.max(...xs, lost ?? -Infinity)];
  const y = yExtent(lines, x, log);
  const [left, foot] = bare ? [0, 0] : [44, 16];
  const scale = (value: number): number => (log ? Math.log10(value) : value);
  const px = (value: number): number => left + ((value - x[0]) / (x[1] - x[0] || 1)) * (width - left - 2);
  const py = (value: number): number => 3 + (1 - (scale(value) - scale(y[0])) / (scale(y[1]) - scale(y[0]) || 1)) * (height - foot - 6);
  const path = (line: StaticLine, ys: readonly number[]): string =>
    line.x.map((at, i) => (log && ys[i]! <= 0 ? '' : `${px(at).toFixed(1)},${py(ys[i]!).toFixed(1)}`)).filter(Boolean).join(' ');
  const ticks = bare ? [] : log ? logTicks(y, 4) : linearTicks(y, 3);
  const [a, b] = lines;
  return (
    <div ref={box} style={{ height }} className="static-plot">
      {width > 0 && (
        <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} className="bars" role="img" aria-label={label}>
          {ticks.map((tick) => <g key={tick}><line x1={left} x2={width - 2} y1={py(tick)} y2={py(tick)} className="bars-grid" /><text x={left - 5} y={Math.max(10, py(tick) + 4)} textAnchor="end">{formatValue(tick)}</text></g>)}
          {range && <rect x={px(Math.max(range.from, x[0]))} width={Math.max(2, px(range.to ?? x[1]) - px(Math.max(range.from, x[0])))} y={3} height={height - foot - 6} className="static-range" data-tone={range.tone} />}
          {range && !bare && range.from > x[0] && <line x1={px(range.from)} x2={px(range.from)} y1={3} y2={height - foot - 3} className="static-onset" data-tone={range.tone} />}
          {gap && a && b && <polygon points={`${path(a, a.smoothed ?? a.y)} ${path(b, b.y).split(' ').reverse().join(' ')}`} className="static-gap" />}
          {lines.map((line) => (
            <g key={line.label} fill="none" stroke={line.colour}>
              {line.smoothed && <polyline points={path(line, line.y)} opacity={0.25} />}
              <polyline points={path(line, line.smoothed ?? line.y)} strokeWidth={1.5} />
            </g>
          ))}
          {lost !== undefined && <path d={`M${px(lost) - 5},3h10l-5,9z`} fill="currentColor" className="static-lost" />}
          {!bare && <><text x={left} y={height - 3}>{formatCount(x[0])}</text><text x={width - 2} y={height - 3} textAnchor="end">{formatCount(x[1])}</text></>}
        </svg>
      )}
    </div>
  );
}
