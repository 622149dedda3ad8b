import { useEffect, useState } from 'react';
import { formatAgo, formatExact } from '../lib/times';

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
