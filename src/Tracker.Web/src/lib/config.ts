type Scalar = string | number | boolean | null;

const isScalar = (value: unknown): value is Scalar => value === null || ['string', 'number', 'boolean'].includes(typeof value);

/** Nested config as dotted keys, arrays of scalars in one line. */
export function flattenConfig(config: unknown, prefix = ''): [key: string, value: string][] {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return [];
  return Object.entries(config).flatMap(([key, value]): [string, string][] => {
    const path = prefix ? `${prefix}.${key}` : key;
    if (isScalar(value)) return [[path, value === null ? '–' : String(value)]];
    if (Array.isArray(value)) return [[path, value.every(isScalar) ? value.join(', ') : JSON.stringify(value)]];
    return flattenConfig(value, path);
  });
}

/** What a run is, in one line: `mlp · digits · adam · lr 0.001 · batch 64 · clip 0.05`. */
export function summariseConfig(config: unknown): string {
  const values = new Map(flattenConfig(config).map(([key, value]) => [key.split('.').at(-1)!.toLowerCase(), value]));
  const parts: [keys: string[], label: string][] = [
    [['model', 'arch', 'architecture'], ''],
    [['dataset', 'data'], ''],
    [['optimizer', 'optim'], ''],
    [['lr', 'learning_rate'], 'lr '],
    [['batch_size', 'batch'], 'batch '],
    [['max_grad_norm', 'clip_norm', 'max_norm', 'gradient_clip_val'], 'clip '],
    [['precision'], ''],
    [['seed'], 'seed '],
  ];
  return parts
    .flatMap(([keys, label]) => {
      const value = keys.map((key) => values.get(key)).find((found) => found !== undefined && found !== '–' && found !== '');
      return value === undefined ? [] : [label + value];
    })
    .join(' · ');
}
