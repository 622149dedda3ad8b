import { Link } from '@tanstack/react-router';
import { revokeShare, shareProject, shareRun, useChange, useShares } from '../../api/access';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago } from '../../components/time';
import { Field, GateForm, text } from './LoginPage';
import { Secret } from './Secret';

/** Public read-only links. */
export function LinksPanel() {
  const shares = useShares();
  const make = useChange(({ kind, target, note }: { kind: string; target: string; note: string }) => (kind === 'run' ? shareRun(target, note) : shareProject(target, note)));
  const revoke = useChange(revokeShare);
  return (
    <>
      <section className="panel">
        <h2>New public link</h2>
        <p>Whoever has the link sees the run, or all runs of the project, and can change nothing.</p>
        <GateForm action="Make link" submit={async (form) => void (await make.mutateAsync({ kind: text(form, 'kind'), target: text(form, 'target'), note: text(form, 'note') }))}>
          <div className="form-row">
            <label className="field"><span>To a</span><select name="kind"><option>run</option><option>project</option></select></label>
            <Field name="target" label="Id of the run, or name of the project" />
            <Field name="note" label="Note for yourself" required={false} />
          </div>
        </GateForm>
        {make.data && <Secret value={make.data.url}>This is the link. It is shown this once.</Secret>}
      </section>
      <section className="panel">
        <h2>Public links</h2>
        {shares.error && <Failure what="The links could not be read." error={shares.error} retry={() => void shares.refetch()} />}
        {shares.isPending && <Skeleton height={56} />}
        {shares.data?.length === 0 && <Empty title="Nothing is public." />}
        <ul className="rows">
          {shares.data?.map((share) => (
            <li key={share.id}>
              {share.run ? <Link to="/runs/$run" params={{ run: share.run }} search={{}}>{share.run}</Link> : <Link to="/projects/$project" params={{ project: share.project }} search={{}}>{share.project}</Link>}
              <span>{share.note} by {share.createdBy}, <Ago time={Date.parse(share.createdAt)} /></span>
              <button type="button" className="quiet" onClick={() => revoke.mutate(share.id)}>Revoke</button>
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
