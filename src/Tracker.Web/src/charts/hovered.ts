let chart: string | null = null;

/** The chart under the pointer, for keys that act on it. */
export const setHovered = (next: string | null): void => void (chart = next);
export const hoveredChart = (): string | null => chart;
