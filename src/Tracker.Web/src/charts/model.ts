import type { Annotation } from '../lib/annotations';
import type { Curve, Range } from '../lib/axes';
import type { EvidenceRange } from '../lib/evidence';
import type { Guide } from '../lib/guides';

/** One curve of a chart, ready to draw. */
export interface Line extends Curve {
  key: string;
  run: string;
  label: string;
  colour: string;
  total: number;
  marks: readonly { x: number; value: number }[];
  /** Least and greatest of the runs that the line is the mean of, at its x. */
  band?: { low: readonly number[]; high: readonly number[] } | undefined;
}

/** All that a chart shows; the hooks of uPlot read the newest one through a ref. */
export interface ChartModel {
  lines: readonly Line[];
  evidence: readonly EvidenceRange[];
  guides: readonly Guide[];
  annotations: readonly Annotation[];
  /** The run that is pointed at: the others fade. */
  focus: string | null;
  x: Range;
  y: Range;
}
