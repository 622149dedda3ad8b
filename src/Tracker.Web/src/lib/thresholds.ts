type Options = Record<string, Record<string, number>>;

/** A name of the code as words: `oftenClears` as “often clears”. */
export const wordsOf = (name: string): string => name.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();

/** The options with one threshold set, or no longer set; a detector without any is left out. */
export function withThreshold(options: Options, detector: string, threshold: string, value: number | undefined): Options {
  const { [threshold]: _, ...others } = options[detector] ?? {};
  const thresholds = value === undefined ? others : { ...others, [threshold]: value };
  const { [detector]: __, ...rest } = options;
  return Object.keys(thresholds).length > 0 ? { ...rest, [detector]: thresholds } : rest;
}
