import { formatValue } from '../lib/numbers';
import { useSize } from './useSize';

export interface Bar {
  label: string;
  value: number;
  tone: 'ok' | 'crit';
}

const foot = 18;
const head = 8;
const left = 40;

/** Bars on a log scale, with the band in which they are well; a bar of exactly zero is a cross at the bottom. */
export function LayerBars({ bars, band, range, height, label }: { bars: readonly Bar[]; band: [number, number] | null; range: [number, number]; height: number; label: string }) {
  const [box, width] = useSize<HTMLDivElement>();
  const room = height - foot;
  const [low, high] = [Math.floor(Math.log10(range[0])), Math.ceil(Math.log10(range[1]))];
  const span = Math.max(1, high - low);
  const y = (value: number): number => Math.min(room, Math.max(head, head + (room - head) * (1 - (Math.log10(value) - low) / span)));
  const slot = Math.max(1, (width - left - 8) / Math.max(1, bars.length));
  const thick = Math.max(1, Math.min(34, slot * 0.68));
  const every = Math.ceil(bars.length / Math.max(1, Math.floor((width - left) / 46)));
  const tickEvery = Math.ceil(span / 6);
  return (
    <div ref={box} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} role="img" aria-label={`${label}: ${bars.map((bar) => `${bar.label} ${formatValue(bar.value)}`).join(', ')}`} className="bars">
          {band && <rect x={left} y={y(band[1])} width={width - left - 8} height={Math.max(0, y(band[0]) - y(band[1]))} className="bars-band" />}
          {Array.from({ length: span + 1 }, (_, i) => low + i).filter((exponent) => (exponent - low) % tickEvery === 0).map((exponent) => (
            <g key={exponent}>
              <line x1={left} x2={width - 8} y1={y(10 ** exponent)} y2={y(10 ** exponent)} className="bars-grid" />
              <text x={left - 6} y={y(10 ** exponent) + 4} textAnchor="end">{`1e${exponent}`.replace('-', '−')}</text>
            </g>
          ))}
          {bars.map((bar, i) => {
            const middle = left + slot * (i + 0.5);
            return (
              <g key={bar.label}>
                {bar.value > 0
                  ? <rect x={middle - thick / 2} y={y(bar.value)} width={thick} height={Math.max(1, room - y(bar.value))} data-tone={bar.tone} className="bar-rect"><title>{bar.label}: {formatValue(bar.value)}</title></rect>
                  : <text x={middle} y={room - 3} textAnchor="middle" data-tone="crit" className="bar-zero">{Number.isNaN(bar.value) ? 'NaN' : '0'}</text>}
                {i % every === 0 && <text x={middle} y={height - 4} textAnchor="middle">{short(bar.label, slot * every)}</text>}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

/** The end of a name tells more than its beginning. */
function short(label: string, room: number): string {
  const most = Math.max(3, Math.floor(room / 6.2));
  return label.length <= most ? label : `…${label.slice(1 - most)}`;
}
