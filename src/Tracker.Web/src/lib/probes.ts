/** A point of the card before a long run. What nobody checked is unknown, never passed. */
export interface Tick {
  name: string;
  state: 'passed' | 'failed' | 'unknown';
  /** What was seen. */
  told?: string;
}

interface ProbeLike {
  data: Record<string, unknown> | null;
}

/** Names of probes are compared without case, `_` and `-` alike. */
export const probeKey = (name: string): string => name.toLowerCase().replaceAll('_', '-');

const number = (value: unknown): number => (value === null || value === undefined || value === '' ? NaN : Number(value));
const state = (known: boolean, good: boolean): Tick['state'] => (!known ? 'unknown' : good ? 'passed' : 'failed');

/** The ten points: the card that the client made, else from the last results of the probes. */
export function tenPoints(probes: ReadonlyMap<string, ProbeLike>, rateLogged: boolean): Tick[] {
  const card = probes.get('checklist')?.data?.points;
  if (Array.isArray(card)) return card.flatMap(pointOf);
  const of = (name: string): Record<string, unknown> => probes.get(name)?.data ?? {};
  const [shape, step, overfit, batch, inputs] = [of('output-shape'), of('first-step'), of('overfit-one-batch'), of('batch-check'), of('input-stats')];
  const [splits, augmentation, mode, checkpoint] = [of('splits'), of('augmentation'), of('mode'), of('checkpoint')];
  const [output, expected] = [shape.output, shape.expected].map((value) => (Array.isArray(value) ? value.map(Number) : []));
  const bad = ['nan_inputs', 'inf_inputs', 'nan_targets', 'inf_targets'].map((key) => number(batch[key]));
  const onVal = augmentation.split === 'val' ? augmentation : {};
  return [
    { name: 'The output has the shape of the target', state: state(output!.length > 0 && expected!.length > 0, output!.length === expected!.length && output!.every((size, i) => size === expected![i] || expected![i]! < 0)) },
    { name: 'One step lowers the loss', state: state(Number.isFinite(number(step.before)), number(step.after) < number(step.before)) },
    { name: 'One batch can be learnt by heart', state: typeof overfit.passed === 'boolean' ? state(true, overfit.passed) : state(Number.isFinite(number(overfit.end)), number(overfit.end) < 0.1 * number(overfit.start)) },
    { name: 'No NaN in inputs and targets', state: state(bad.some(Number.isFinite), bad.every((count) => !(count > 0))) },
    { name: 'Inputs are normalised', state: state(Number.isFinite(number(inputs.std)), Math.abs(number(inputs.mean)) < 0.5 && number(inputs.std) > 0.2 && number(inputs.std) < 5) },
    { name: 'Training and validation are disjoint', state: state(Number.isFinite(number(splits.overlap)), number(splits.overlap) === 0) },
    { name: 'No augmentation on validation', state: state(typeof onVal.differs === 'boolean', onVal.differs === false) },
    { name: 'Training mode while training', state: state(typeof mode.training === 'boolean' && (mode.during === 'train' || mode.during === 'eval'), mode.training === (mode.during === 'train')) },
    { name: 'The scheduler is in the checkpoint', state: state(Array.isArray(checkpoint.keys) || Array.isArray(checkpoint.missing), !Array.isArray(checkpoint.missing) || checkpoint.missing.length === 0) },
    { name: 'The learning rate is logged', state: rateLogged ? 'passed' : 'failed' },
  ];
}

function pointOf(point: unknown): Tick[] {
  const { name, passed, told } = (point ?? {}) as Record<string, unknown>;
  return typeof name === 'string' ? [{ name, state: state(typeof passed === 'boolean', passed === true), ...(typeof told === 'string' && { told }) }] : [];
}

/** What a probe measured, in a line. */
export function probeSentence(name: string, data: Record<string, unknown>, format: (value: number) => string): string {
  const value = (key: string): string => format(number(data[key]));
  switch (name) {
    case 'overfit-one-batch':
      return `The loss on one batch went from ${value('start')} to ${value('end')} in ${value('steps')} steps.`;
    case 'first-step':
      return `One step took the loss of a batch from ${value('before')} to ${value('after')}.`;
    case 'sharpness':
      return `Random steps of ${value('epsilon')} raise the loss from ${value('base')} to ${value('perturbed')}.`;
    case 'hessian-top-eig':
      return `The greatest eigenvalue is ${value('eigenvalue')}; the rate stays stable below ${format(2 / number(data.eigenvalue))}.`;
    case 'batch-check':
      return `The largest input is ${value('max_abs_input')} in size; nothing is NaN or infinite.`;
    case 'input-stats':
      return `Inputs have the mean ${value('mean')} and the deviation ${value('std')}.`;
    case 'loss-at-start':
      return `The first loss is ${value('loss')}; guessing gives ${value('expected')}.`;
    case 'gradient-noise-scale':
      return `Batches of about ${value('scale')} samples use the gradient best: smaller ones are mostly noise, larger ones waste.`;
    case 'grads-reach-all-params':
      return `${value('checked')} parameters looked at, all have a gradient.`;
    default:
      return Object.entries(data).flatMap(([key, item]) => (typeof item === 'object' && item !== null && (!Array.isArray(item) || item.length > 8) ? [] : [`${key.replaceAll('_', ' ')} ${typeof item === 'number' ? format(item) : Array.isArray(item) ? item.join(', ') || 'none' : String(item)}`])).join(' · ');
  }
}
