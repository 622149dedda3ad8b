import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { eventsQuery } from '../../api/queries';
import type { RunEvent } from '../../api/types';
import { Empty, Failure, Skeleton } from '../../components/states';
import { formatCount } from '../../lib/numbers';
import { formatClock, formatExact } from '../../lib/times';

const most = 1000;
const levels = ['debug', 'info', 'warning', 'error'] as const;
type Level = (typeof levels)[number];

/** What a level's name means; console lines on standard error are warnings. */
export function levelOf({ level, kind }: Pick<RunEvent, 'level' | 'kind'>): Level {
  const name = level?.toLowerCase() ?? '';
  if (/^(err|error|crit|critical|fatal|high|stderr)/.test(name)) return name === 'stderr' ? 'warning' : 'error';
  if (/^warn/.test(name)) return 'warning';
  if (/^(debug|trace)/.test(name)) return 'debug';
  return kind === 'alert' && name === '' ? 'warning' : 'info';
}

/** What the run said beside its numbers, newest first: console lines, alerts of its code, notes, probes, resumes. */
export function LogTab({ run }: { run: string }) {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(useMemo(() => eventsQuery(client, run), [client, run]));
  const [kind, setKind] = useState('');
  const [least, setLeast] = useState<Level>('debug');
  const [words, setWords] = useState('');
  if (error && !data) return <Failure what="The events could not be read." error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton height={200} />;
  if (data.length === 0) return <Empty title="No events yet."><p>Console lines, notes, alerts of your code and probe results appear here.</p></Empty>;
  const kinds = [...new Set(data.map((event) => event.kind))];
  const wanted = words.trim().toLowerCase();
  const found = data.filter((event) => (!kind || event.kind === kind) && levels.indexOf(levelOf(event)) >= levels.indexOf(least) && (!wanted || textOf(event).toLowerCase().includes(wanted)));
  const shown = found.slice(-most).reverse();
  return (
    <>
      <div className="tools log-tools">
        <div className="segmented" role="group" aria-label="Kind of event">
          {['', ...kinds].map((name) => <button key={name} type="button" aria-pressed={name === kind} onClick={() => setKind(name)}>{name || 'all'}</button>)}
        </div>
        <label>
          at least
          <select value={least} onChange={(event) => setLeast(event.target.value as Level)}>{levels.map((level) => <option key={level}>{level}</option>)}</select>
        </label>
        <input type="search" placeholder="Find in the log" aria-label="Find in the log" value={words} onChange={(event) => setWords(event.target.value)} />
      </div>
      {shown.length === 0 && <p className="side-foot">Nothing of the {formatCount(data.length)} events fits.</p>}
      <ol className="log" reversed>
        {shown.map((event, i) => (
          <li key={`${event.sequence} ${i}`} data-level={levelOf(event)}>
            <time title={formatExact(event.time)}>{formatClock(event.time)}</time>
            <span className="log-step">{event.step === null ? '' : `step ${formatCount(event.step)}`}</span>
            <span className="log-kind">{event.kind === 'console' ? event.level ?? 'console' : event.kind}</span>
            <span className="log-text">{textOf(event)}</span>
          </li>
        ))}
      </ol>
      {found.length > shown.length && <p className="side-foot">The newest {formatCount(most)} of {formatCount(found.length)}.</p>}
    </>
  );
}

function textOf({ name, data }: RunEvent): string {
  const { text, message, line, ...rest } = data ?? {};
  const words = [name, text ?? message ?? line].filter((word) => typeof word === 'string' && word);
  const others = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [...words, ...others].join(' · ');
}
