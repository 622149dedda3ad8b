import { useEffect, useState } from 'react';
import { formatAgo, formatAhead, formatExact } from '../lib/times';

/** The time, renewed every so many milliseconds. */
export function useNow(every: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** A relative time; the exact one on hover. */
export function Ago({ time }: { time: string | number | null }) {
  const now = useNow(1000);
  if (time === null) return <>–</>;
  const at = typeof time === 'number' ? time : Date.parse(time);
  return <time dateTime={new Date(at).toISOString()} title={formatExact(at)}>{formatAgo(at, now)}</time>;
}

/** A time to come, relative; the exact one on hover. */
export function Ahead({ time }: { time: string }) {
  const now = useNow(1000);
  const at = Date.parse(time);
  return <time dateTime={new Date(at).toISOString()} title={formatExact(at)}>{formatAhead(at, now)}</time>;
}
