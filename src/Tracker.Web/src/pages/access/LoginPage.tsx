import { useEffect, useState, type FormEvent, type ReactNode } from 'react';
import { signIn, useSession } from '../../api/access';
import { localPath } from '../../lib/paths';

const search = new URLSearchParams(location.search);

/** Signs in with address and password, or with a key. */
export function LoginPage() {
  const { data: session } = useSession();
  const [withKey, setWithKey] = useState(false);
  const next = localPath(search.get('next'));
  useEffect(() => {
    document.title = 'Sign in · Tracker';
  }, []);
  useEffect(() => {
    if (session && session.kind !== 'nobody' && session.kind !== 'share') location.replace(next);
  }, [session, next]);
  const submit = async (form: FormData) => {
    await signIn(withKey ? { key: text(form, 'key') } : { email: text(form, 'email'), password: text(form, 'password') });
    location.replace(next);
  };
  return (
    <Gate title="Sign in">
      {search.get('link') === 'gone' && <p role="alert">This link was revoked or has expired. Ask whoever sent it for a new one.</p>}
      <GateForm action={withKey ? 'Sign in with a key' : 'Sign in'} submit={submit} key={String(withKey)}>
        {withKey
          ? <Field name="key" label="Key" type="password" autoComplete="off" placeholder="trk_…" />
          : <><Field name="email" label="Address of mail" type="email" autoComplete="username" /><Field name="password" label="Password" type="password" autoComplete="current-password" /></>}
      </GateForm>
      <button type="button" className="link" onClick={() => setWithKey(!withKey)}>{withKey ? 'With a password instead' : 'With a key instead'}</button>
    </Gate>
  );
}

/** A page with nothing but one form. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="gate" id="main">
      <p className="brand">Tracker</p>
      <h1>{title}</h1>
      {children}
    </main>
  );
}

export function GateForm({ action, submit, children }: { action: string; submit: (form: FormData) => Promise<void>; children: ReactNode }) {
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await submit(new FormData(event.currentTarget));
    } catch (failure) {
      setError((failure as Error).message);
      setBusy(false);
    }
  };
  return (
    <form className="form" onSubmit={(event) => void onSubmit(event)}>
      {children}
      {error && <p className="form-error" role="alert">{error}</p>}
      <button type="submit" className="primary" disabled={busy}>{action}</button>
    </form>
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: string;
  autoComplete?: string;
  placeholder?: string;
  required?: boolean;
  minLength?: number;
  value?: string;
}

export function Field({ name, label, type = 'text', autoComplete, placeholder, required = true, minLength, value }: FieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input name={name} type={type} autoComplete={autoComplete} placeholder={placeholder} required={required} minLength={minLength} defaultValue={value} />
    </label>
  );
}

export const text = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();
