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

/** Values below which these shares of a histogram lie. */
export interface Percentiles {
  p5: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
}

/** Mass per unit of value in each bin, so that histograms on different grids can be laid over each other. */
export function densities(edges: readonly number[], counts: readonly number[]): number[] {
  const mass = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count, i) => {
    const width = edges[i + 1]! - edges[i]!;
    return mass > 0 && width > 0 ? count / mass / width : 0;
  });
}
