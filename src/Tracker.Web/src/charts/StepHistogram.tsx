import { densities } from '../lib/heat';
import { formatValue } from '../lib/numbers';
import { useSize } from './useSize';

export interface Shape {
  edges: readonly number[];
  counts: readonly number[];
  colour: string;
}

const foot = 18;

/** Histograms of one step laid over each other, as mass per unit: the first filled, the others as outlines. */
export function StepHistogram({ shapes, height, label }: { shapes: readonly Shape[]; height: number; label: string }) {
  const [box, width] = useSize<HTMLDivElement>();
  const [low, high] = [Math.min(...shapes.map(({ edges }) => edges[0] ?? 0)), Math.max(...shapes.map(({ edges }) => edges.at(-1) ?? 1))];
  const all = shapes.map((shape) => ({ ...shape, density: densities(shape.edges, shape.counts) }));
  // The square root keeps tails visible beside a peak, as in the heat map.
  const most = Math.sqrt(Math.max(1e-300, ...all.flatMap(({ density }) => density)));
  const x = (value: number) => 4 + ((value - low) / (high - low || 1)) * (width - 8);
  const y = (value: number) => 4 + (1 - Math.sqrt(value) / most) * (height - foot - 4);
  return (
    <div ref={box} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} className="bars" role="img" aria-label={label}>
          {all.map(({ edges, density, colour }, i) => {
            const path = density.map((value, bin) => `L${x(edges[bin]!).toFixed(1)},${y(value).toFixed(1)}L${x(edges[bin + 1]!).toFixed(1)},${y(value).toFixed(1)}`).join('');
            return <path key={i} d={`M${x(edges[0] ?? 0).toFixed(1)},${y(0)}${path}L${x(edges.at(-1) ?? 1).toFixed(1)},${y(0)}`} fill={i === 0 ? colour : 'none'} fillOpacity={0.25} stroke={colour} strokeWidth={1.25} />;
          })}
          {low < 0 && high > 0 && <line x1={x(0)} x2={x(0)} y1={4} y2={height - foot} className="diagonal" />}
          <text x={4} y={height - 4}>{formatValue(low)}</text>
          {low < 0 && high > 0 && <text x={x(0)} y={height - 4} textAnchor="middle">0</text>}
          <text x={width - 4} y={height - 4} textAnchor="end">{formatValue(high)}</text>
        </svg>
      )}
    </div>
  );
}
