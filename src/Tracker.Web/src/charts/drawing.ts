import type uPlot from 'uplot';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';
import type { Line } from './model';
import { token } from './theme';

const font = (size: number, weight = 400) => `${weight} ${size * devicePixelRatio}px Inter, system-ui, sans-serif`;

/** The evidence of diagnoses, behind the curves: a tinted range, the onset as a dashed line, the name on top. */
export function drawEvidence(u: uPlot, ranges: readonly EvidenceRange[], labelTop: number): void {
  const { ctx, bbox } = u;
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const seen = ranges.filter((range) => range.to >= min && range.from <= max);
  seen.forEach((range, row) => {
    const colour = token(range.tone);
    const left = u.valToPos(Math.max(range.from, min), 'x', true);
    const right = u.valToPos(Math.min(range.to, max), 'x', true);
    ctx.globalAlpha = 0.09;
    ctx.fillStyle = colour;
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * ratio), bbox.height);
    ctx.globalAlpha = 1;
    if (range.onset >= min) {
      const onset = Math.round(u.valToPos(range.onset, 'x', true)) + 0.5;
      ctx.strokeStyle = colour;
      ctx.lineWidth = ratio;
      ctx.setLineDash([3 * ratio, 3 * ratio]);
      ctx.beginPath();
      ctx.moveTo(onset, bbox.top);
      ctx.lineTo(onset, bbox.top + bbox.height);
      ctx.stroke();
      ctx.setLineDash([]);
    }
    ctx.font = font(11, 500);
    ctx.fillStyle = colour;
    ctx.textBaseline = 'top';
    const room = bbox.left + bbox.width - left - 8 * ratio;
    const width = ctx.measureText(range.label).width;
    // A range that begins near the right edge has its name to the left of it.
    const toLeft = width > room && left - bbox.left > room;
    ctx.textAlign = toLeft ? 'right' : 'left';
    const space = toLeft ? left - bbox.left - 8 * ratio : room;
    ctx.fillText(fit(ctx, range.label, space), left + (toLeft ? -4 : 4) * ratio, bbox.top + (labelTop + row * 14) * ratio);
  });
  ctx.restore();
}

/** Where the names of evidence begin, in CSS pixels from the top: below the marks and the name of a guide that is there. */
export function labelTop(u: uPlot, lines: readonly Line[], guides: readonly Guide[]): number {
  const { min = 0, max = 0 } = u.scales.y ?? {};
  const high = guides.some(({ value }) => value >= min! && value <= max! && u.valToPos(value, 'y') < 18 + marksHeight(lines));
  return 3 + marksHeight(lines) + (high ? 16 : 0);
}

/** Room that the marks of non-finite points take on the upper edge, in CSS pixels. */
const marksHeight = (lines: readonly Line[]): number => Math.min(3, lines.filter((line) => line.marks.length > 0).length) * 9;

function fit(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  for (let length = text.length - 1; length > 3; length--) {
    const short = `${text.slice(0, length).trimEnd()}…`;
    if (ctx.measureText(short).width <= width) return short;
  }
  return '';
}

/** Between the least and the greatest of a group of runs, behind its mean. */
export function drawBands(u: uPlot, lines: readonly Line[], focus: string | null): void {
  const { ctx, bbox } = u;
  const known = lines.some((line) => line.run === focus);
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { x, band, colour, run } of lines) {
    if (!band || x.length < 2) continue;
    const floor = u.scales.y?.distr === 3 ? u.scales.y.min ?? 1e-300 : -Infinity;
    const place = (value: number) => u.valToPos(Math.max(value, floor), 'y', true);
    ctx.globalAlpha = known && run !== focus ? 0.04 : 0.14;
    ctx.fillStyle = colour;
    ctx.beginPath();
    for (let i = 0; i < x.length; i++) ctx.lineTo(u.valToPos(x[i]!, 'x', true), place(band.high[i]!));
    for (let i = x.length - 1; i >= 0; i--) ctx.lineTo(u.valToPos(x[i]!, 'x', true), place(band.low[i]!));
    ctx.fill();
  }
  ctx.restore();
}

/** Thresholds and levels of chance: dashed, with their name at the right. */
export function drawGuides(u: uPlot, lines: readonly Line[], guides: readonly Guide[]): void {
  const { ctx, bbox } = u;
  const { min = 0, max = 0 } = u.scales.y ?? {};
  const ratio = devicePixelRatio;
  ctx.save();
  for (const { value, label } of guides) {
    if (value < min || value > max) continue;
    const at = Math.round(u.valToPos(value, 'y', true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = token('text-3');
    ctx.lineWidth = ratio;
    ctx.setLineDash([4 * ratio, 4 * ratio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, at);
    ctx.lineTo(bbox.left + bbox.width, at);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.font = font(11);
    ctx.textAlign = 'right';
    const above = at - bbox.top > (16 + marksHeight(lines)) * ratio;
    ctx.textBaseline = above ? 'bottom' : 'top';
    // A word over curves is read by the ground around its letters.
    ctx.strokeStyle = token('surface');
    ctx.lineWidth = 3 * ratio;
    ctx.strokeText(label, bbox.left + bbox.width - 4 * ratio, above ? at - 2 * ratio : Math.max(at, bbox.top + marksHeight(lines) * ratio) + 3 * ratio);
    ctx.fillText(label, bbox.left + bbox.width - 4 * ratio, above ? at - 2 * ratio : Math.max(at, bbox.top + marksHeight(lines) * ratio) + 3 * ratio);
  }
  ctx.restore();
}

/** Non-finite points, in front of the curves: NaN a triangle on the upper edge, +∞ an arrow up, −∞ an arrow down at the lower edge. */
export function drawMarks(u: uPlot, lines: readonly Line[]): void {
  const { ctx, bbox } = u;
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const ratio = devicePixelRatio;
  const size = 4.5 * ratio;
  ctx.save();
  let row = -1;
  for (const line of lines) {
    // Few curves keep their marks apart, one row each.
    if (line.marks.length > 0) row = Math.min(row + 1, 2);
    const top = bbox.top + row * 1.9 * size;
    ctx.fillStyle = ctx.strokeStyle = line.colour;
    ctx.lineWidth = 1.5 * ratio;
    let previous = -Infinity;
    for (const { x, value } of line.marks) {
      if (x < min || x > max) continue;
      const at = u.valToPos(x, 'x', true);
      // A run of NaN is one row of triangles that touch, not one blot.
      if (at - previous < size * 2) continue;
      previous = at;
      ctx.beginPath();
      if (Number.isNaN(value)) {
        ctx.moveTo(at - size, top);
        ctx.lineTo(at + size, top);
        ctx.lineTo(at, top + 1.7 * size);
        ctx.fill();
      } else {
        const [edge, way] = value > 0 ? [bbox.top, 1] : [bbox.top + bbox.height, -1];
        ctx.moveTo(at, edge + way * 3 * size);
        ctx.lineTo(at, edge + way * ratio);
        ctx.moveTo(at - size * 0.8, edge + way * (ratio + size));
        ctx.lineTo(at, edge + way * ratio);
        ctx.lineTo(at + size * 0.8, edge + way * (ratio + size));
        ctx.stroke();
      }
    }
    if (line.x.length === 1) dot(u, line.x[0]!, line.y[0]!, line.colour, 3 * ratio);
  }
  ctx.restore();
}

function dot(u: uPlot, x: number, y: number, colour: string, radius: number): void {
  u.ctx.fillStyle = colour;
  u.ctx.beginPath();
  u.ctx.arc(u.valToPos(x, 'x', true), u.valToPos(y, 'y', true), radius, 0, 2 * Math.PI);
  u.ctx.fill();
}
