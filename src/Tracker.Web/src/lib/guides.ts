import { flattenConfig } from './config';

/** A level that guides the eye: a threshold, or what chance would give. */
export interface Guide {
  value: number;
  label: string;
  /** Whether the y axis makes room for it. */
  fit: boolean;
}

const clipKeys = ['max_grad_norm', 'clip_norm', 'max_norm', 'gradient_clip_val'];

/** The levels that a run's own config gives its charts: the clip threshold for gradient norms, chance for a classifier's loss and accuracy. */
export function guidesOf(series: string, config: unknown): Guide[] {
  const values = new Map(flattenConfig(config).map(([key, value]) => [key.split('.').at(-1)!.toLowerCase(), Number(value)]));
  const positive = (keys: readonly string[]) => keys.map((key) => values.get(key)).find((value) => value !== undefined && value > 0);
  const clip = positive(clipKeys);
  const classes = positive(['num_classes']);
  if (/grad_norm(\/total)?$|grad_2\.0_norm_total$/.test(series)) return clip ? [{ value: clip, label: `clip ${clip}`, fit: true }] : [];
  if (!classes || classes < 2) return [];
  if (/(^|\/|_)loss$/.test(series)) return [{ value: Math.log(classes), label: `chance: ln ${classes}`, fit: false }];
  if (/acc(uracy)?$/.test(series)) return [{ value: 1 / classes, label: `chance: 1/${classes}`, fit: false }];
  return [];
}
