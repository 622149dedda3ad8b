import { useMemo } from 'react';
import { useTheme } from '../charts/theme';
import { colourOf, distinct, palette, usualColour } from '../lib/palette';
import { useView } from './view';

/**
 * The colour of each run: the one that a person gave it, else that of its id, made to differ among those that are seen together.
 * @param together Ids of runs that are seen together, the first keeping theirs.
 */
export function useColours(together: readonly string[]): (run: string) => string {
  const theme = useTheme();
  const [view] = useView();
  const seen = together.join('\n');
  return useMemo(() => {
    const painted = readPaint(view.paint);
    const ids = seen.split('\n').filter(Boolean);
    const indexes = distinct(new Map(ids.map((id) => [id, painted.get(id) ?? usualColour(id)])), [...ids.filter((id) => painted.has(id)), ...ids.filter((id) => !painted.has(id))]);
    return (run: string) => colourOf(painted.get(run) ?? indexes.get(run) ?? usualColour(run), theme);
  }, [seen, view.paint, theme]);
}

export const colourCount = palette.light.length;

/** Colours as the URL has them, `id:3;id:7`: places in the palette. */
export function readPaint(text: string | undefined): Map<string, number> {
  const pairs = (text ?? '').split(';').map((pair) => /^(.+):(\d+)$/.exec(pair));
  return new Map(pairs.flatMap((match): [string, number][] => (match ? [[match[1]!, Number(match[2]) % colourCount]] : [])));
}

export function painted(text: string | undefined, run: string, colour: number | null): string | undefined {
  const map = readPaint(text);
  if (colour === null) map.delete(run);
  else map.set(run, colour);
  return [...map].map(([id, index]) => `${id}:${index}`).join(';') || undefined;
}
