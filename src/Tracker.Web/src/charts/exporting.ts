import type uPlot from 'uplot';
import { writeCsv } from '../lib/csv';
import type { Line } from './model';
import { token } from './theme';

/** The chart as a picture, with its title and its curves' names: what a report needs. */
export function pictureOf(plot: uPlot, title: string, lines: readonly Line[]): Promise<Blob | null> {
  const ratio = devicePixelRatio;
  const { canvas } = plot.ctx;
  const pad = 16 * ratio;
  const font = (size: number, weight: number) => `${weight} ${size * ratio}px Inter, system-ui, sans-serif`;
  const sheet = document.createElement('canvas');
  const ctx = sheet.getContext('2d')!;
  ctx.font = font(12, 400);
  // The names in as many rows as they need.
  const rows: { line: Line; left: number; row: number }[] = [];
  let [left, row] = [pad, 0];
  for (const line of lines.slice(0, 40)) {
    const width = ctx.measureText(line.label).width + 30 * ratio;
    if (left + width > canvas.width + pad && left > pad) [left, row] = [pad, row + 1];
    rows.push({ line, left, row });
    left += width;
  }
  const head = pad + 24 * ratio + (row + 1) * 18 * ratio;
  sheet.width = canvas.width + 2 * pad;
  sheet.height = canvas.height + head + pad;
  ctx.fillStyle = token('surface');
  ctx.fillRect(0, 0, sheet.width, sheet.height);
  ctx.textBaseline = 'middle';
  ctx.font = font(14, 600);
  ctx.fillStyle = token('text');
  ctx.fillText(title, pad, pad + 8 * ratio);
  ctx.font = font(12, 400);
  for (const { line, left, row } of rows) {
    const y = pad + 30 * ratio + row * 18 * ratio;
    ctx.fillStyle = line.colour;
    ctx.fillRect(left, y - 1.5 * ratio, 12 * ratio, 3 * ratio);
    ctx.fillStyle = token('text-2');
    ctx.fillText(line.label, left + 17 * ratio, y);
  }
  ctx.drawImage(canvas, pad, head);
  return new Promise((resolve) => sheet.toBlob(resolve, 'image/png'));
}

/** The points that a chart shows, with its bands where it has any. */
export function csvOf(lines: readonly Line[], axis: string): string {
  const smooth = lines.some((line) => line.smoothed);
  const banded = lines.some((line) => line.band);
  const head = ['curve', 'run', axis, 'value', ...(smooth ? ['smoothed'] : []), ...(banded ? ['least', 'greatest'] : [])];
  const rows = lines.flatMap((line) => [
    ...line.x.map((x, i) => [line.label, line.run, x, line.y[i], ...(smooth ? [line.smoothed?.[i]] : []), ...(banded ? [line.band?.low[i], line.band?.high[i]] : [])]),
    ...line.marks.map(({ x, value }) => [line.label, line.run, x, value]),
  ]);
  return writeCsv([head, ...rows]);
}
