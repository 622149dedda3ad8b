import { formatCount, formatValue } from '../lib/numbers';
import { useSize } from './useSize';

/** Predictions of about the same confidence, and the share of them that was right. */
export interface Bin {
  confidence: number;
  accuracy: number;
  count: number;
}

const left = 36;
const foot = 18;

/** Accuracy over confidence, a bar for each bin; on the diagonal the odds are what they say. */
export function Reliability({ bins, height }: { bins: readonly Bin[]; height: number }) {
  const [box, width] = useSize<HTMLDivElement>();
  const [w, h] = [Math.max(0, width - left - 8), height - foot];
  const x = (value: number) => left + w * value;
  const y = (value: number) => 4 + (h - 4) * (1 - value);
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const thick = Math.max(2, (w / Math.max(10, bins.length)) * 0.8);
  return (
    <div ref={box} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} className="bars" role="img" aria-label={`Accuracy by confidence: ${bins.map((bin) => `${formatValue(bin.confidence)} ${formatValue(bin.accuracy)}`).join(', ')}`}>
          {[0, 0.5, 1].map((value) => (
            <g key={value}>
              <line x1={left} x2={left + w} y1={y(value)} y2={y(value)} className="bars-grid" />
              <text x={left - 6} y={y(value) + 4} textAnchor="end">{value}</text>
              <text x={x(value)} y={height - 4} textAnchor={value === 0 ? 'start' : value === 1 ? 'end' : 'middle'}>{value === 0.5 ? 'confidence 0.5' : value}</text>
            </g>
          ))}
          {bins.map((bin) => (
            <rect key={bin.confidence} x={Math.min(left + w - thick, Math.max(left, x(bin.confidence) - thick / 2))} width={thick} y={y(bin.accuracy)} height={Math.max(1, y(0) - y(bin.accuracy))} className="bar-rect" data-tone="plain" opacity={0.25 + 0.75 * (bin.count / most)}>
              <title>{`confidence ${formatValue(bin.confidence)}: ${formatValue(bin.accuracy)} right, ${formatCount(bin.count)} predictions`}</title>
            </rect>
          ))}
          <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} className="diagonal" />
        </svg>
      )}
    </div>
  );
}
