import { createContext } from 'react';
import type uPlot from 'uplot';
import type { Annotation } from '../lib/annotations';
import { token } from './theme';

/** What happened to the run whose charts are below; empty where charts show several runs. */
export const Annotations = createContext<readonly Annotation[]>([]);

/** Annotations behind the curves: a dotted line and its word at the bottom, where there is room. */
export function drawAnnotations(u: uPlot, annotations: readonly Annotation[]): void {
  const { ctx, bbox } = u;
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = token('text-3');
  ctx.font = `400 ${10 * ratio}px Inter, system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.lineWidth = ratio;
  ctx.setLineDash([ratio, 3 * ratio]);
  let free = bbox.left;
  for (const { step, short } of annotations) {
    if (step < min! || step > max!) continue;
    const x = Math.round(u.valToPos(step, 'x', true)) + 0.5;
    ctx.globalAlpha = 0.7;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.globalAlpha = 1;
    const width = ctx.measureText(short).width + 6 * ratio;
    const right = x + width <= bbox.left + bbox.width;
    const left = right ? x + 3 * ratio : x - width + 3 * ratio;
    if (left < free) continue;
    ctx.fillText(short, left, bbox.top + bbox.height - 2 * ratio);
    free = left + width;
  }
  ctx.restore();
}
