import { expect, test } from 'vitest';

// Who may import whom. `lib` imports nothing, so that what shapes data can be read and tested alone.
const allowed: Record<string, readonly string[]> = {
  lib: [],
  api: ['lib'],
  charts: ['lib'],
  components: ['lib', 'api', 'charts'],
  pages: ['lib', 'api', 'charts', 'components'],
};

const sources = import.meta.glob<string>('./*/**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true });

test('A folder imports only what it may', () => {
  const wrong = Object.entries(sources).flatMap(([path, text]) => {
    const own = path.split('/')[1] ?? '';
    return [...text.matchAll(/from '(?:\.\.\/)+(\w+)\//g)]
      .map((match) => match[1] ?? '')
      .filter((other) => other !== own && other in allowed && own in allowed && !allowed[own]?.includes(other))
      .map((other) => `${path} imports ${other}`);
  });
  expect(wrong).toEqual([]);
});
