import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { eventsQuery } from '../../api/queries';
import type { RunEvent } from '../../api/types';
import { Empty, Failure, Skeleton } from '../../components/states';
import { formatCount } from '../../lib/numbers';
import { formatClock, formatExact } from '../../lib/times';

const most = 1000;

/** What the run said beside its numbers, newest first: console lines, alerts, notes, probes, resumes. */
export function LogTab({ run }: { run: string }) {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(useMemo(() => eventsQuery(client, run), [client, run]));
  const [kind, setKind] = useState('');
  if (error && !data) return <Failure what="The events could not be read." error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton height={200} />;
  if (data.length === 0) return <Empty title="No events yet."><p>Console lines, notes, alerts of your code and probe results appear here.</p></Empty>;
  const kinds = [...new Set(data.map((event) => event.kind))];
  const shown = data.filter((event) => !kind || event.kind === kind).slice(-most).reverse();
  return (
    <>
      <div className="segmented" role="group" aria-label="Kind of event">
        {['', ...kinds].map((name) => <button key={name} type="button" aria-pressed={name === kind} onClick={() => setKind(name)}>{name || 'all'}</button>)}
      </div>
      <ol className="log" reversed>
        {shown.map((event, i) => (
          <li key={`${event.sequence} ${i}`} data-level={event.level ?? undefined}>
            <time title={formatExact(event.time)}>{formatClock(event.time)}</time>
            <span className="log-step">{event.step === null ? '' : `step ${formatCount(event.step)}`}</span>
            <span className="log-kind">{event.level ?? event.kind}</span>
            <span className="log-text">{textOf(event)}</span>
          </li>
        ))}
      </ol>
      {data.length > shown.length && !kind && <p className="side-foot">The newest {formatCount(most)} of {formatCount(data.length)}.</p>}
    </>
  );
}

function textOf({ name, data }: RunEvent): string {
  const { text, message, line, ...rest } = data ?? {};
  const words = [name, text ?? message ?? line].filter((word) => typeof word === 'string' && word);
  const others = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [...words, ...others].join(' · ');
}
