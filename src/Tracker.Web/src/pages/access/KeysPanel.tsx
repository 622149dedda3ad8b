import { createKey, revokeKey, useChange, useKeys, type Key, type Session } from '../../api/access';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago } from '../../components/time';
import { Field, GateForm, text } from './LoginPage';
import { Secret } from './Secret';

const scopes = [
  ['ingest', 'create runs and log to them'],
  ['read', 'see runs, charts, diagnoses'],
  ['write', 'change and delete runs'],
  ['admin', 'everything'],
] as const;

export function KeysPanel({ session }: { session: Session }) {
  const keys = useKeys();
  const create = useChange(createKey);
  const revoke = useChange(revokeKey);
  const submit = async (form: FormData) => {
    const days = Number(text(form, 'days'));
    await create.mutateAsync({
      name: text(form, 'name'),
      scopes: form.getAll('scope').map(String),
      project: text(form, 'project') || null,
      expiresAt: days > 0 ? new Date(Date.now() + days * 86_400_000).toISOString() : null,
      service: form.get('service') === 'on',
    });
  };
  return (
    <>
      <section className="panel">
        <h2>New key</h2>
        <p>A training job takes it from <code>TRACKER_API_KEY</code>; <code>ingest</code> is all that it needs.{session.kind === 'local' && ' From the first key on everybody has to say who they are: sign in with it.'}</p>
        <GateForm action="Make key" submit={submit}>
          <div className="form-row">
            <Field name="name" label="What for" placeholder="training cluster" />
            <Field name="project" label="Project (empty: all)" required={false} />
            <Field name="days" label="Ends after days (empty: never)" type="number" required={false} />
          </div>
          <fieldset>
            <legend>May</legend>
            {scopes.map(([scope, meaning]) => (
              <label key={scope}><input type="checkbox" name="scope" value={scope} defaultChecked={session.kind === 'local' ? scope === 'admin' : scope === 'ingest'} /> {scope} <span>{meaning}</span></label>
            ))}
          </fieldset>
          {session.kind === 'user' && session.role === 'admin' && <label><input type="checkbox" name="service" /> belongs to nobody: stays when I leave</label>}
        </GateForm>
        {create.data && <Secret value={create.data.secret}>This is the key. It is shown this once.</Secret>}
      </section>
      <section className="panel">
        <h2>Keys</h2>
        {keys.error && <Failure what="The keys could not be read." error={keys.error} retry={() => void keys.refetch()} />}
        {keys.isPending && <Skeleton height={84} />}
        {keys.data?.length === 0 && <Empty title="There is no key yet." />}
        {keys.data && keys.data.length > 0 && (
          <div className="scroll-x">
            <table>
              <thead><tr><th>Key</th><th>For</th><th>May</th><th>Project</th><th>Owner</th><th>Last used</th><th>Ends</th><th><span className="sr-only">Action</span></th></tr></thead>
              <tbody>{keys.data.map((key) => <Row key={key.id} item={key} revoke={() => revoke.mutate(key.id)} />)}</tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}

function Row({ item, revoke }: { item: Key; revoke: () => void }) {
  const over = item.revokedAt ? 'revoked' : item.expiresAt && Date.parse(item.expiresAt) < Date.now() ? 'expired' : undefined;
  return (
    <tr data-over={over}>
      <th scope="row"><code>{item.prefix}…</code></th>
      <td>{item.name}</td>
      <td>{item.scopes.join(', ')}</td>
      <td>{item.project ?? 'all'}</td>
      <td>{item.owner ?? '–'}</td>
      <td title={item.lastUsedFrom ?? undefined}>{item.lastUsedAt ? <Ago time={Date.parse(item.lastUsedAt)} /> : 'never'}</td>
      <td>{over ?? (item.expiresAt ? <Ago time={Date.parse(item.expiresAt)} /> : 'never')}</td>
      <td>{!over && <button type="button" className="quiet" onClick={() => confirm(`Revoke "${item.name}"? Jobs that use it will be refused.`) && revoke()}>Revoke</button>}</td>
    </tr>
  );
}
