import { useEffect, useState, type ReactNode } from 'react';
import { useRunActions } from '../../api/runActions';
import type { Run, SeriesInfo } from '../../api/types';
import { Ago } from '../../components/time';
import { RoleCell } from './RoleCell';
import { flattenConfig } from '../../lib/config';
import { formatCount, formatValue, toNumber } from '../../lib/numbers';
import { formatDuration } from '../../lib/times';

/** What was run and what came out, as tables; name, tags and notes can be changed in place. */
export function OverviewTab({ run, series }: { run: Run; series: readonly SeriesInfo[] }) {
  const about: [string, ReactNode][] = [
    ['id', run.id],
    ['state', run.state],
    ['created', <Ago key="created" time={run.createdAt} />],
    ...(run.finishedAt ? [['finished', <Ago key="finished" time={run.finishedAt} />] as [string, ReactNode], ['took', formatDuration((Date.parse(run.finishedAt) - Date.parse(run.createdAt)) / 1000)] as [string, ReactNode]] : []),
    ...(run.lastStep !== null ? [['last step', formatCount(run.lastStep)] as [string, ReactNode]] : []),
    ...(run.group ? [['group', run.group] as [string, ReactNode]] : []),
    ...(run.jobType ? [['job', run.jobType] as [string, ReactNode]] : []),
    ...(run.reference ? [['reference', run.reference] as [string, ReactNode]] : []),
    ...(run.exitCode !== null ? [['exit code', run.exitCode] as [string, ReactNode]] : []),
  ];
  const config = flattenConfig(run.config);
  return (
    <div className="overview">
      <section className="panel" aria-label="Summary of the series">
        <h2 className="section-name">Series <span>{formatCount(series.length)}</span></h2>
        <div className="scroll-x">
          <table>
            <thead>
              <tr><th>name</th><th>last</th><th>min</th><th>max</th><th>mean</th><th>points</th><th>not finite</th><th>late</th><th>last step</th><th>role</th></tr>
            </thead>
            <tbody>
              {series.map((item) => (
                <tr key={item.name}>
                  <th scope="row">{item.name}</th>
                  {[item.last, item.min, item.max, item.mean].map((value, i) => <td key={i}>{value === null ? '–' : formatValue(toNumber(value))}</td>)}
                  <td>{formatCount(item.count)}</td>
                  <td data-alarm={item.nonFinite > 0 || undefined}>{item.nonFinite > 0 ? formatCount(item.nonFinite) : '–'}</td>
                  <td>{item.late > 0 ? formatCount(item.late) : '–'}</td>
                  <td>{item.lastStep === null ? '–' : formatCount(item.lastStep)}</td>
                  <td><RoleCell run={run} series={item} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <div>
        <Notes run={run} />
        <Facts title="Run" rows={about} />
        {config.length > 0 && <Facts title="Config" rows={config} />}
      </div>
    </div>
  );
}

/** Notes, tags and the name; saved by a button, so that nothing changes by accident. */
function Notes({ run }: { run: Run }) {
  const { change } = useRunActions(run.project);
  const tags = run.tags.join(', ');
  const [draft, setDraft] = useState({ name: run.name, tags, notes: run.notes ?? '' });
  useEffect(() => setDraft({ name: run.name, tags, notes: run.notes ?? '' }), [run.id, run.name, tags, run.notes]);
  const changed = draft.name !== run.name || draft.tags !== tags || draft.notes !== (run.notes ?? '');
  const save = () => {
    const list = [...new Set(draft.tags.split(',').map((tag) => tag.trim()).filter(Boolean))];
    change.mutate({ runs: [run.id], change: { name: draft.name.trim() || run.name, tags: list, notes: draft.notes } });
  };
  return (
    <section className="panel" aria-label="Notes">
      <h2 className="section-name">Notes</h2>
      <form
        className="notes-form"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <label>name <input value={draft.name} maxLength={256} onChange={(event) => setDraft({ ...draft, name: event.target.value })} /></label>
        <label>tags <input value={draft.tags} placeholder="baseline, paper" onChange={(event) => setDraft({ ...draft, tags: event.target.value })} /></label>
        <textarea aria-label="Notes" rows={Math.min(12, Math.max(2, draft.notes.split('\n').length))} placeholder="What this run is for, and what came of it" value={draft.notes} maxLength={16384} onChange={(event) => setDraft({ ...draft, notes: event.target.value })} />
        {changed && (
          <div className="notes-save">
            <button type="submit" disabled={change.isPending}>Save</button>
            <button type="button" className="quiet" onClick={() => setDraft({ name: run.name, tags, notes: run.notes ?? '' })}>Undo</button>
          </div>
        )}
        {change.error && <p role="alert">{change.error.message}</p>}
      </form>
    </section>
  );
}

function Facts({ title, rows }: { title: string; rows: [string, ReactNode][] }) {
  return (
    <section className="panel" aria-label={title}>
      <h2 className="section-name">{title}</h2>
      <dl className="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
