import { linearTicks } from '../lib/axes';
import type { Percentiles } from '../lib/heat';
import { formatCount, formatValue } from '../lib/numbers';
import { useSize } from './useSize';

interface Band {
  colour: string;
  columns: readonly { step: number; statistics: Percentiles }[];
}

const [left, foot] = [46, 18];

/** The percentiles 5 to 95 as a pale band, 25 to 75 as a darker one, the median as a line; of two runs, over each other. */
export function PercentileBands({ bands, height, label }: { bands: readonly Band[]; height: number; label: string }) {
  const [box, width] = useSize<HTMLDivElement>();
  const all = bands.flatMap((band) => band.columns);
  const [x0, x1] = [Math.min(...all.map(({ step }) => step)), Math.max(...all.map(({ step }) => step))];
  const [low, high] = [Math.min(...all.map(({ statistics }) => statistics.p5)), Math.max(...all.map(({ statistics }) => statistics.p95))];
  const px = (step: number) => left + ((step - x0) / (x1 - x0 || 1)) * (width - left - 6);
  const py = (value: number) => 4 + (1 - (value - low) / (high - low || 1)) * (height - foot - 8);
  const area = (columns: Band['columns'], from: keyof Percentiles, to: keyof Percentiles) => {
    const points = (name: keyof Percentiles) => columns.map(({ step, statistics }) => `${px(step).toFixed(1)},${py(statistics[name]).toFixed(1)}`);
    return [...points(to), ...points(from).reverse()].join(' ');
  };
  return (
    <div ref={box} style={{ height }}>
      {width > 0 && all.length > 0 && (
        <svg width={width} height={height} className="bars" role="img" aria-label={label}>
          {linearTicks([low, high], 4).map((value) => (
            <g key={value}><line x1={left} x2={width - 6} y1={py(value)} y2={py(value)} className="bars-grid" /><text x={left - 6} y={Math.max(10, py(value) + 4)} textAnchor="end">{formatValue(value)}</text></g>
          ))}
          {bands.map(({ colour, columns }, i) => (
            <g key={i} fill={colour}>
              <polygon points={area(columns, 'p5', 'p95')} opacity={0.14} />
              <polygon points={area(columns, 'p25', 'p75')} opacity={0.24} />
              <polyline points={columns.map(({ step, statistics }) => `${px(step).toFixed(1)},${py(statistics.p50).toFixed(1)}`).join(' ')} fill="none" stroke={colour} strokeWidth={1.5} />
            </g>
          ))}
          <text x={left} y={height - 4}>{formatCount(x0)}</text>
          <text x={width - 6} y={height - 4} textAnchor="end">{formatCount(x1)}</text>
        </svg>
      )}
    </div>
  );
}
