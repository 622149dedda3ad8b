import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { changes, rulesQuery, useChange, type Preview } from '../../api/alerts';
import { Sure } from '../../components/Sure';
import { Failure, Skeleton } from '../../components/states';

/** Threshold rules; a rule is tried on stored runs before it is saved. */
export function Rules({ project }: { project: string }) {
  const rules = useQuery(rulesQuery(project));
  const [patch, remove] = [useChange(changes.patchRule), useChange(changes.deleteRule)];
  if (rules.error && !rules.data) return <Failure what="The rules could not be read." error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <Skeleton height={160} />;
  return (
    <>
      <ul className="plain">
        {rules.data.items.map((rule) => (
          <li key={rule.id} className="row delivery">
            <b>{rule.name}</b>
            <code className="grow">{rule.expression}</code>
            <span className="dim">{rule.severity}{rule.stop ? ', stops the run' : ''}{rule.enabled ? '' : ', off'}</span>
            <button type="button" onClick={() => patch.mutate({ id: rule.id!, enabled: !rule.enabled })}>{rule.enabled ? 'Switch off' : 'Switch on'}</button>
            <Sure label="Delete" busy={remove.isPending} onSure={() => remove.mutate(rule.id!)} />
          </li>
        ))}
      </ul>
      <RuleForm project={project} />
    </>
  );
}

function RuleForm({ project }: { project: string }) {
  const [expression, setExpression] = useState('');
  const [name, setName] = useState('');
  const [severity, setSeverity] = useState('warn');
  const [stop, setStop] = useState(false);
  const [preview, create] = [useChange(changes.preview), useChange(changes.createRule)];
  const error = create.error ?? preview.error;
  return (
    <form
      className="alert-form"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({ project, expression, severity, stop, ...(name ? { name } : {}) }, { onSuccess: () => setExpression('') });
      }}
    >
      <h3>Add a rule</h3>
      <label>Rule<input className="code" required value={expression} placeholder="val/accuracy < 0.1 for 5 points after step 1000" onChange={(event) => setExpression(event.target.value)} /></label>
      <p className="dim">Also: <code>change(train/loss, 200) &gt; 50%</code>, <code>zscore(step_time, 100) &gt; 6</code>, <code>nan(train/loss) for 50 points</code>, <code>absent(train/loss, 10m)</code></p>
      <label>Name<input value={name} maxLength={128} onChange={(event) => setName(event.target.value)} /></label>
      <label>Severity
        <select value={severity} onChange={(event) => setSeverity(event.target.value)}>{['info', 'warn', 'high', 'crit'].map((word) => <option key={word}>{word}</option>)}</select>
      </label>
      <label className="row"><input type="checkbox" checked={stop} onChange={(event) => setStop(event.target.checked)} />Stop the run when it holds</label>
      <div className="row">
        <button type="button" disabled={!expression || preview.isPending} onClick={() => preview.mutate({ project, expression })}>Try on stored runs</button>
        <button type="submit" className="primary" disabled={!expression || create.isPending}>Save</button>
      </div>
      {error && <p role="alert">{error.message}</p>}
      {preview.data && !preview.error && <Tried preview={preview.data} />}
    </form>
  );
}

function Tried({ preview }: { preview: Preview }) {
  const runs = preview.runs ?? [];
  return (
    <div role="status">
      <p>It would have spoken in {preview.firing} of {runs.length} runs{preview.skipped ? `; ${preview.skipped} were thinned and left out` : ''}.</p>
      <ul className="plain">
        {runs.filter((run) => run.raised?.length).map((run) => (
          <li key={run.run}>
            <Link to="/runs/$run" params={{ run: run.run! }}>{run.name}</Link> <span className="dim">{run.raised!.slice(0, 3).map((event) => `at step ${event.step}`).join(', ')}{run.raised!.length > 3 ? `, ${run.raised!.length} times in all` : ''}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
