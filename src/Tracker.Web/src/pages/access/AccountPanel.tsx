import { useState } from 'react';
import { changePassword, type Session } from '../../api/access';
import { Field, GateForm } from './LoginPage';

export function AccountPanel({ session }: { session: Session }) {
  const [done, setDone] = useState(false);
  return (
    <section className="panel">
      <h2>{session.email}</h2>
      <p>Role in all projects: {session.role ?? 'none'}.{Object.entries(session.projects).length > 0 && ` In single projects: ${Object.entries(session.projects).map(([project, role]) => `${project} ${role}`).join(', ')}.`}</p>
      <GateForm action="Change password" submit={async (form) => { await changePassword(String(form.get('current')), String(form.get('next'))); setDone(true); }}>
        <Field name="current" label="Password as it is" type="password" autoComplete="current-password" />
        <Field name="next" label="New password, at least 10 characters" type="password" autoComplete="new-password" minLength={10} />
      </GateForm>
      {done && <p role="status">Changed. All other browsers are signed out.</p>}
    </section>
  );
}
