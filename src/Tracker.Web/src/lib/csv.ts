/** A cell of a CSV file (RFC 4180); a text that a spreadsheet would take for a formula is led by an apostrophe. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  const safe = typeof value !== 'number' && /^[=+@\t\r]|^-(?![\d.∞]|Infinity)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows of cells as a CSV text. Numbers that are not finite are written `NaN`, `Infinity`, `-Infinity`, as the API does. */
export const writeCsv = (rows: readonly (readonly unknown[])[]): string => rows.map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
