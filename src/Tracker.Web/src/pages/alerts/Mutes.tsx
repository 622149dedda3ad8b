import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { changes, useChange } from '../../api/alerts';
import { mutesQuery, useMutes, type Mute } from '../../api/mutes';
import { projectDiagnosesQuery } from '../../api/queries';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago, Ahead } from '../../components/time';
import { scopeOf, spans, untilOf } from '../../lib/mutes';

/** What nobody wants to be told of: mutes of runs, conditions and the project, and single diagnoses. */
export function Mutes({ project }: { project: string }) {
  const mutes = useQuery(mutesQuery(project));
  const diagnoses = useQuery(projectDiagnosesQuery(project));
  const unmute = useChange(changes.unmute);
  const error = mutes.error ?? diagnoses.error;
  if (error && !(mutes.data && diagnoses.data)) return <Failure what="The mutes could not be read." error={error} retry={() => void Promise.all([mutes.refetch(), diagnoses.refetch()])} />;
  if (!mutes.data || !diagnoses.data) return <Skeleton height={120} />;
  const muted = diagnoses.data.filter((diagnosis) => diagnosis.verdict === 'muted');
  return (
    <>
      {mutes.data.items.length + muted.length === 0 && <Empty title="Nothing is muted."><p>A diagnosis can be muted on its card and by the button in a message; a condition, a run or the project there, and here.</p></Empty>}
      <ul className="plain">
        {mutes.data.items.map((mute) => <MuteRow key={mute.id} mute={mute} />)}
        {muted.map((diagnosis) => (
          <li key={diagnosis.id} className="row delivery">
            <b>{diagnosis.title}</b>
            <span className="grow"><Link to="/runs/$run" params={{ run: diagnosis.run }}>{diagnosis.runName}</Link> <span className="dim">this diagnosis</span></span>
            <button type="button" disabled={unmute.isPending} onClick={() => unmute.mutate(diagnosis.id, { onSuccess: () => void diagnoses.refetch() })}>End</button>
          </li>
        ))}
      </ul>
      <MuteForm project={project} conditions={[...new Set(diagnoses.data.flatMap((diagnosis) => diagnosis.signals.map((signal) => signal.id)))].sort()} />
    </>
  );
}

function MuteRow({ mute }: { mute: Mute }) {
  const { end } = useMutes();
  return (
    <li className="row delivery">
      <b>{scopeOf(mute)}</b>
      <span className="dim grow">
        {mute.until ? <>ends <Ahead time={mute.until} /></> : 'until it is ended'} · by {mute.by} <Ago time={mute.at!} />{mute.reason && ` · ${mute.reason}`}
      </span>
      {mute.run && <Link to="/runs/$run" params={{ run: mute.run }}>Open run</Link>}
      <button type="button" disabled={end.isPending} onClick={() => end.mutate(mute.id!)}>End</button>
      {end.error && <span role="alert">{end.error.message}</span>}
    </li>
  );
}

function MuteForm({ project, conditions }: { project: string; conditions: readonly string[] }) {
  const [run, setRun] = useState('');
  const [condition, setCondition] = useState('');
  const [span, setSpan] = useState(0);
  const [reason, setReason] = useState('');
  const { add } = useMutes();
  return (
    <form
      className="alert-form"
      onSubmit={(event) => {
        event.preventDefault();
        const where = run.trim() ? { run: run.trim() } : { project };
        add.mutate([{ ...where, ...(condition.trim() ? { condition: condition.trim() } : {}), ...(reason ? { reason } : {}), ...untilOf(spans[span]!.hours, Date.now()) }], {
          onSuccess: () => [setRun, setCondition, setReason].forEach((set) => set('')),
        });
      }}
    >
      <h3>Mute</h3>
      <label>Run, by its id (empty: all runs of the project)<input value={run} maxLength={64} onChange={(event) => setRun(event.target.value)} /></label>
      <label>Condition (empty: everything, lost contact and rules too)
        <input value={condition} maxLength={64} list="known-conditions" onChange={(event) => setCondition(event.target.value)} />
      </label>
      <datalist id="known-conditions">{conditions.map((id) => <option key={id} value={id} />)}</datalist>
      <label>How long
        <select value={span} onChange={(event) => setSpan(Number(event.target.value))}>{spans.map(({ name }, index) => <option key={name} value={index}>{name}</option>)}</select>
      </label>
      <label>Why<input value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} /></label>
      <button type="submit" className="primary" disabled={add.isPending}>Mute</button>
      {add.error && <p role="alert">{add.error.message}</p>}
    </form>
  );
}
