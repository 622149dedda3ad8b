import { changePerson, createPerson, invite, resetPassword, setProjectRole, useChange, useInvitations, usePeople, withdraw, type Person, type Session } from '../../api/access';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago } from '../../components/time';
import { Field, GateForm, text } from './LoginPage';
import { Secret } from './Secret';

const roles = ['viewer', 'member', 'admin'];

export function PeoplePanel({ session }: { session: Session }) {
  const people = usePeople(true);
  const invitations = useInvitations(true);
  const all = session.role === 'admin';
  const inviting = useChange(invite);
  const reset = useChange(resetPassword);
  const change = useChange(changePerson);
  const take = useChange(setProjectRole);
  const back = useChange(withdraw);
  if (session.kind === 'local') return <FirstAccount />;
  const submit = async (form: FormData) => {
    const project = text(form, 'project') || null;
    await inviting.mutateAsync({ email: text(form, 'email'), role: project ? null : text(form, 'role'), project, projectRole: project ? text(form, 'role') : null });
  };
  const failure = change.error ?? take.error ?? reset.error ?? back.error;
  return (
    <>
      <section className="panel">
        <h2>Invite somebody</h2>
        <GateForm action="Make link" submit={submit}>
          <div className="form-row">
            <Field name="email" label="Address of mail" type="email" autoComplete="off" />
            <Field name="project" label={all ? 'Project (empty: all)' : 'Project'} required={!all} value={all ? '' : (Object.entries(session.projects).find(([, role]) => role === 'admin')?.[0] ?? '')} />
            <label className="field"><span>Role</span><select name="role" defaultValue="member">{roles.map((role) => <option key={role}>{role}</option>)}</select></label>
          </div>
        </GateForm>
        {inviting.data && <Secret value={inviting.data.url}>Send them this link. It is good once, for 7 days, and shown this once.</Secret>}
        {reset.data && <Secret value={reset.data.url}>Send them this link to choose a new password. It is shown this once.</Secret>}
        {failure && <p className="form-error" role="alert">{failure.message}</p>}
      </section>
      {invitations.data && invitations.data.length > 0 && (
        <section className="panel">
          <h2>Open links</h2>
          <ul className="rows">
            {invitations.data.map((item) => (
              <li key={item.id}>{item.email} <span>{item.isReset ? 'new password' : `${item.projectRole ?? item.role ?? 'no role'} of ${item.project ?? 'all projects'}`}, ends <Ago time={Date.parse(item.expiresAt)} /></span>
                <button type="button" className="quiet" onClick={() => back.mutate(item.id)}>Withdraw</button></li>
            ))}
          </ul>
        </section>
      )}
      <section className="panel">
        <h2>People</h2>
        {people.error && <Failure what="The people could not be read." error={people.error} retry={() => void people.refetch()} />}
        {people.isPending && <Skeleton height={84} />}
        {people.data?.length === 0 && <Empty title="Nobody has an account yet." />}
        {people.data && people.data.length > 0 && (
          <div className="scroll-x">
            <table>
              <thead><tr><th>Name</th><th>Address</th><th>Role in all projects</th><th>Single projects</th><th>Last seen</th><th><span className="sr-only">Actions</span></th></tr></thead>
              <tbody>
                {people.data.map((person) => (
                  <tr key={person.id} data-over={person.disabledAt ? 'closed' : undefined}>
                    <th scope="row">{person.name}</th>
                    <td>{person.email}</td>
                    <td>{all ? <RolePicker person={person} set={(role) => change.mutate({ id: person.id, role })} /> : (person.role ?? '–')}</td>
                    <td>{Object.entries(person.projects).map(([project, role]) => (
                      <span key={project} className="chip">{project}: {role} <button type="button" className="quiet" aria-label={`Take ${person.name}'s role in ${project} away`} onClick={() => take.mutate({ project, person: person.id, role: null })}>×</button></span>
                    ))}</td>
                    <td>{person.lastSeenAt ? <Ago time={Date.parse(person.lastSeenAt)} /> : '–'}</td>
                    <td>{all && <>
                      <button type="button" className="quiet" onClick={() => reset.mutate(person.id)}>New password</button>
                      <button type="button" className="quiet" onClick={() => change.mutate({ id: person.id, disabled: !person.disabledAt })}>{person.disabledAt ? 'Open again' : 'Close account'}</button>
                    </>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}

function RolePicker({ person, set }: { person: Person; set: (role: string) => void }) {
  return (
    <select value={person.role ?? ''} aria-label={`Role of ${person.name}`} onChange={(event) => set(event.target.value)}>
      <option value="">none</option>
      {roles.map((role) => <option key={role}>{role}</option>)}
    </select>
  );
}

function FirstAccount() {
  const submit = async (form: FormData) => {
    await createPerson({ email: text(form, 'email'), name: text(form, 'name'), password: String(form.get('password')) });
    location.reload();
  };
  return (
    <section className="panel">
      <h2>The first account</h2>
      <p>Until now nobody is asked who they are. From the first account on everybody is, training jobs too: make keys for them. This account is an admin, and you go on as it.</p>
      <GateForm action="Make the account" submit={submit}>
        <Field name="name" label="Name" autoComplete="name" />
        <Field name="email" label="Address of mail" type="email" autoComplete="username" />
        <Field name="password" label="Password, at least 10 characters" type="password" autoComplete="new-password" minLength={10} />
      </GateForm>
    </section>
  );
}
