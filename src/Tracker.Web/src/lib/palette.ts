/**
 * Twelve colours that stay apart for the colour-blind, built on Okabe and Ito's; darker on white, brighter on black.
 * No red or plain green among them: those are the colours of states.
 */
export const palette = {
  light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b07d00', '#3a9fdc', '#7b5bd6', '#7f8c00', '#8c5a3c', '#117a8b', '#a3479e', '#5f6b7a'],
  dark: ['#4fa8ea', '#ff8c4a', '#33d1a0', '#f29fcb', '#f5bf4f', '#9bd7ff', '#b9a1ff', '#c5d354', '#d3a888', '#4fc3d4', '#e48be0', '#aab6c4'],
} as const;

export type Theme = keyof typeof palette;

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/** The place in the palette that an id has by itself. */
export const usualColour = (id: string): number => hash(id) % palette.light.length;

/** Places in the palette with those that are seen together (at most twelve) made to differ: who comes first keeps its colour. */
export function distinct(indexes: ReadonlyMap<string, number>, together: readonly string[]): Map<string, number> {
  const size = palette.light.length;
  const result = new Map(indexes);
  const taken = new Set<number>();
  for (const id of together.slice(0, size)) {
    let index = indexes.get(id) ?? 0;
    while (taken.has(index)) index = (index + 1) % size;
    taken.add(index);
    result.set(id, index);
  }
  return result;
}

export const colourOf = (index: number, theme: Theme): string => palette[theme][index % palette[theme].length]!;

const ramps: Record<Theme, readonly [number, number, number][]> = {
  light: [[0.27, 0.05, 0.45], [0.16, 0.36, 0.62], [0.05, 0.55, 0.52], [0.35, 0.65, 0.25], [0.75, 0.6, 0.05]],
  dark: [[0.62, 0.45, 0.95], [0.33, 0.6, 0.95], [0.2, 0.8, 0.74], [0.6, 0.88, 0.42], [0.99, 0.9, 0.35]],
};

/** A colour of an ordered family (layers from first to last), by its place from 0 to 1: dark violet to yellow, even in lightness. */
export function rampColour(place: number, theme: Theme): string {
  const stops = ramps[theme];
  const at = Math.min(1, Math.max(0, place)) * (stops.length - 1);
  const low = stops[Math.floor(at)]!;
  const high = stops[Math.ceil(at)]!;
  const mixed = low.map((channel, i) => Math.round(255 * (channel + (high[i]! - channel) * (at % 1))));
  return `rgb(${mixed.join(' ')})`;
}
