/** A number as the API writes it: JSON has no words for the non-finite ones, so they come as strings. */
export type Num = number | 'NaN' | 'Infinity' | '-Infinity';

/** A number of the API as a JavaScript number; what is absent is NaN. */
export const toNumber = (value: Num | null | undefined): number => (value == null ? NaN : Number(value));
