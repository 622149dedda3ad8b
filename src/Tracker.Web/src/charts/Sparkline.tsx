import { sparklinePath } from '../lib/sparkline';

/** A curve the size of a word. */
export function Sparkline({ x, y, colour, label }: { x: readonly number[]; y: readonly number[]; colour: string; label: string }) {
  return (
    <svg className="sparkline" viewBox="0 0 88 20" width="88" height="20" role="img" aria-label={label}>
      <path d={sparklinePath(x, y, 88, 20)} fill="none" stroke={colour} strokeWidth="1.25" strokeLinejoin="round" />
    </svg>
  );
}
