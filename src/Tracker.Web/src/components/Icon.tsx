import type { ReactElement } from 'react';
import type { Tone } from '../lib/health';

const shapes: Record<Tone | 'dot' | 'ring' | 'cross', ReactElement> = {
  ok: <path d="M2.5 6.5 5 9l4.5-6" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" />,
  warn: <path d="M6 1.5 11.2 10.5H.8z" fill="currentColor" />,
  crit: <path d="M6 1.5 11.2 10.5H.8z" fill="currentColor" />,
  info: <path d="M6 2.5v.1M6 5.2v4.3" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />,
  dot: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  ring: <circle cx="6" cy="6" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.3" />,
  cross: <path d="M3 3l6 6M9 3 3 9" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />,
};

/** A shape that goes with a word; never alone. */
export function Icon({ shape }: { shape: keyof typeof shapes }) {
  return <svg className="icon" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">{shapes[shape]}</svg>;
}
