/** Seconds in words, two units at most: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.max(0, seconds);
  if (s < 9.95) return `${s.toFixed(1).replace(/\.0$/, '')} s`;
  if (s < 60) return `${Math.round(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min${s < 600 ? ` ${String(Math.floor(s % 60)).padStart(2, '0')} s` : ''}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, '0')} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

/** How long ago, in one unit: `now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. */
export function formatAgo(then: number, now: number): string {
  const s = (now - then) / 1000;
  if (!Number.isFinite(s)) return '–';
  if (s < 2) return 'now';
  if (s < 60) return `${Math.round(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

/** How long until then, in one unit: `now`, `in 12 s`, `in 3 min`, `in 2 h`, `in 5 d`. */
export function formatAhead(then: number, now: number): string {
  const ahead = formatAgo(now, then);
  return ahead.endsWith(' ago') ? `in ${ahead.slice(0, -4)}` : ahead;
}

/** The exact local time, for the hover of a relative one. */
export const formatExact = (time: number): string =>
  Number.isFinite(time) ? new Date(time).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' }) : '';

/** `10:32:05`, the clock of an event. */
export const formatClock = (time: number): string => new Date(time).toLocaleTimeString(undefined, { hour12: false });
