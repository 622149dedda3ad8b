import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { changes, savingsQuery, stopRulesQuery, useChange } from '../../api/alerts';
import { Failure, Skeleton } from '../../components/states';

/** What stops runs by itself, and the GPU time that stops have saved. */
export function Stopping({ project }: { project: string }) {
  const rules = useQuery(stopRulesQuery(project));
  const savings = useQuery(savingsQuery(project));
  const put = useChange(changes.putStops);
  if (rules.error && !rules.data) return <Failure what="The rules could not be read." error={rules.error} retry={() => void rules.refetch()} />;
  if (!rules.data) return <Skeleton height={120} />;
  const { nanSteps, divergence } = rules.data;
  return (
    <>
      <section>
        <h2>Stop runs of this project by itself</h2>
        <label className="row"><input type="checkbox" checked={nanSteps != null} disabled={put.isPending} onChange={(event) => put.mutate({ project, rules: { ...rules.data, nanSteps: event.target.checked ? 50 : null } })} />when the training loss was not finite for {nanSteps ?? 50} steps</label>
        <label className="row"><input type="checkbox" checked={divergence ?? false} disabled={put.isPending} onChange={(event) => put.mutate({ project, rules: { ...rules.data, divergence: event.target.checked } })} />when a diagnosis says that it has diverged</label>
        <p className="dim">The run's process sees the wish with its next call and ends cleanly. A threshold rule can stop a run too.</p>
        {put.error && <p role="alert">{put.error.message}</p>}
      </section>
      {savings.data && (
        <section>
          <h2>Saved: about {savings.data.hours!.toFixed(1)} GPU hours</h2>
          <p className="dim">{savings.data.stoppedRuns} runs were asked to stop. Planned time minus used time, times devices; planned from total_steps, else from the median of finished runs.</p>
          <ul className="plain">
            {savings.data.runs?.map((run) => (
              <li key={run.run} className="row">
                <Link to="/runs/$run" params={{ run: run.run! }}>{run.name}</Link>
                <span className="dim grow">{run.by}</span>
                <span>{run.hours == null ? 'nothing to estimate from' : `${run.hours.toFixed(1)} h`}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
