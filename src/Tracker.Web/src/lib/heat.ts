/** One column of a histogram over time: its step and its masses. */
export interface HeatColumn {
  step: number;
  counts: readonly number[];
}

/** Each column's counts as shares of its own mass, scaled by the greatest share of all: how full a cell is, 0 to 1. */
export function heatCells(columns: readonly HeatColumn[]): number[][] {
  const shares = columns.map(({ counts }) => {
    const mass = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => (mass > 0 ? count / mass : 0));
  });
  const most = Math.max(0, ...shares.map((column) => Math.max(0, ...column)));
  // The square root keeps thin tails visible beside a full bin.
  return shares.map((column) => column.map((share) => (most > 0 ? Math.sqrt(share / most) : 0)));
}

/** A value below which a share q of the column's mass lies, read linearly within its bin. */
export function heatQuantile(edges: readonly number[], counts: readonly number[], q: number): number {
  const mass = counts.reduce((sum, count) => sum + count, 0);
  if (mass <= 0) return NaN;
  let below = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count > 0 && below + count >= q * mass) return edges[i]! + ((q * mass - below) / count) * (edges[i + 1]! - edges[i]!);
    below += count;
  }
  return edges.at(-1) ?? NaN;
}
