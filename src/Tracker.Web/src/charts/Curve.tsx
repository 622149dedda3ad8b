import { formatValue } from '../lib/numbers';
import { useSize } from './useSize';

interface Props {
  x: readonly number[];
  y: readonly number[];
  /** x is logarithmic. */
  log?: boolean;
  /** An x to point at. */
  mark?: number | undefined;
  label: string;
  height: number;
}

/** One small curve that is not over steps: a sweep of the learning rate, the loss on one batch. */
export function Curve({ x, y, log = false, mark, label, height }: Props) {
  const [box, width] = useSize<HTMLDivElement>();
  const points = x.map((value, i) => [log ? Math.log10(value) : value, y[i]!] as const).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (points.length < 2) return null;
  const xs = points.map(([value]) => value);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  // A sweep ends in an explosion: what lies far above the start would flatten all the rest.
  const top = Math.min(Math.max(...points.map(([, value]) => value)), points[0]![1] * 2.5 || Infinity);
  const bottom = Math.min(...points.map(([, value]) => value));
  const px = (value: number) => 4 + ((value - x0) / (x1 - x0 || 1)) * (width - 8);
  const py = (value: number) => 6 + (1 - (Math.min(value, top) - bottom) / (top - bottom || 1)) * (height - 26);
  const at = mark === undefined ? undefined : log ? Math.log10(mark) : mark;
  return (
    <div ref={box} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} className="bars" role="img" aria-label={label}>
          {at !== undefined && <><line x1={px(at)} x2={px(at)} y1={6} y2={height - 20} className="diagonal" /><text x={px(at) + 4} y={16}>steepest: {formatValue(mark!)}</text></>}
          <polyline points={points.map(([a, b]) => `${px(a).toFixed(1)},${py(b).toFixed(1)}`).join(' ')} className="curve" />
          <text x={4} y={height - 4}>{formatValue(x[0]!)}</text>
          <text x={width - 4} y={height - 4} textAnchor="end">{formatValue(x.at(-1)!)}</text>
        </svg>
      )}
    </div>
  );
}
