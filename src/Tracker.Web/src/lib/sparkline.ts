/** A tiny curve as the `d` of an SVG path, in a box of the given size; log y when every value is above zero and they span two decades. */
export function sparklinePath(xs: readonly number[], ys: readonly number[], width: number, height: number): string {
  const points = xs.map((x, i) => [x, ys[i]!] as const).filter(([, y]) => Number.isFinite(y));
  if (points.length < 2) return '';
  const values = points.map(([, y]) => y);
  const log = Math.min(...values) > 0 && Math.max(...values) / Math.min(...values) >= 100;
  const scaled = log ? values.map(Math.log10) : values;
  const low = Math.min(...scaled);
  const span = Math.max(...scaled) - low || 1;
  const left = points[0]![0];
  const range = points.at(-1)![0] - left || 1;
  const flat = Math.max(...scaled) === low;
  return points
    .map(([x], i) => {
      const px = ((x - left) / range) * width;
      const py = flat ? height / 2 : height - 1 - ((scaled[i]! - low) / span) * (height - 2);
      return `${i === 0 ? 'M' : 'L'}${px.toFixed(1)} ${py.toFixed(1)}`;
    })
    .join('');
}
