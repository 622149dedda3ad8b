import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { backtest, type Options } from '../../api/thresholds';
import { Thresholds } from '../../components/Thresholds';
import { plural } from '../../lib/numbers';

const runs = 20;
const days = 30;

/** The thresholds of a project, and what they would say of its stored runs before they are saved. */
export function ThresholdsPanel({ project }: { project: string }) {
  const trial = useMutation({ mutationFn: (options: Options) => backtest(project, options, new Date(Date.now() - days * 86_400_000).toISOString(), runs) });
  return (
    <section className="panel" aria-labelledby="thresholds">
      <h2 id="thresholds" className="section-name">Thresholds of the detectors</h2>
      <p>They hold for runs to come, and for those that run from now on. A run can have its own, below its examination.</p>
      <Thresholds owner={{ project }} tools={(draft) => <button type="button" disabled={trial.isPending} onClick={() => trial.mutate(draft)}>{trial.isPending ? 'Reading runs…' : 'Try on stored runs'}</button>} />
      {trial.error && <p role="alert" className="filter-wrong">{trial.error.message}</p>}
      {trial.data && <Trial items={trial.data.items ?? []} more={trial.data.nextCursor !== null} />}
    </section>
  );
}

type Items = NonNullable<Awaited<ReturnType<typeof backtest>>['items']>;

function Trial({ items, more }: { items: Items; more: boolean }) {
  const different = items.filter((item) => (item.added?.length ?? 0) + (item.gone?.length ?? 0) > 0);
  const skipped = items.filter((item) => item.skipped).length;
  return (
    <div className="backtest" role="status">
      <p>
        {different.length === 0 ? `${plural(items.length, 'run')} would be judged as before` : `${different.length} of ${plural(items.length, 'run')} would be judged otherwise`}
        {more && `, the oldest ${items.length} of the last ${days} days`}{skipped > 0 && `; ${plural(skipped, 'run')} cannot be read again`}.
      </p>
      {different.length > 0 && (
        <div className="scroll-x">
          <table>
            <thead><tr><th>Run</th><th>Would be raised</th><th>Would not be raised</th></tr></thead>
            <tbody>
              {different.map((item) => (
                <tr key={item.run}>
                  <th scope="row"><Link to="/runs/$run" params={{ run: item.run! }} search={{}}>{item.name}</Link></th>
                  <td>{item.added?.join(', ') || '–'}</td>
                  <td>{item.gone?.join(', ') || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
