import { useSyncExternalStore } from 'react';
import type { Theme } from '../lib/palette';

const system = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
const notify = () => listeners.forEach((listener) => listener());
system.addEventListener('change', notify);

const current = (): Theme => {
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'dark' || chosen === 'light' ? chosen : system.matches ? 'dark' : 'light';
};

/** The theme that is shown: the chosen one, else the system's. Canvases are drawn anew when it changes. */
export const useTheme = (): Theme => useSyncExternalStore(subscribe, current);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Shows the other theme; choosing the system's own forgets the choice. */
export function toggleTheme(): void {
  const next: Theme = current() === 'dark' ? 'light' : 'dark';
  const own = system.matches ? 'dark' : 'light';
  if (next === own) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    if (next === own) localStorage.removeItem('tracker.theme');
    else localStorage.setItem('tracker.theme', next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  notify();
}

/** A colour of tokens.css, for canvases. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
