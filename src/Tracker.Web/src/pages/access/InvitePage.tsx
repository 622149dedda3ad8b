import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { acceptInvitation, lookAtInvitation } from '../../api/access';
import { Field, Gate, GateForm, text } from './LoginPage';

const route = getRouteApi('/invite/$token');

/** Takes an invitation, or chooses a new password. */
export function InvitePage() {
  const { token } = route.useParams();
  const { data: invitation, error } = useQuery({ queryKey: ['invitation', token], queryFn: () => lookAtInvitation(token), retry: false, staleTime: Infinity });
  const title = invitation?.isReset ? 'Choose a new password' : 'Join Tracker';
  useEffect(() => {
    document.title = `${title} · Tracker`;
  }, [title]);
  if (error) return <Gate title="This link does not work"><p role="alert">{error.message}</p></Gate>;
  if (!invitation) return null;
  const joins = invitation.hasAccount && !invitation.isReset;
  const submit = async (form: FormData) => {
    await acceptInvitation(token, text(form, 'name'), String(form.get('password')));
    location.replace(invitation.project ? `/projects/${encodeURIComponent(invitation.project)}` : '/');
  };
  return (
    <Gate title={title}>
      <p>
        {invitation.isReset ? 'For ' : `${invitation.createdBy} invites `}<b>{invitation.email}</b>
        {invitation.project && <> to the project <b>{invitation.project}</b> as {invitation.projectRole}</>}{invitation.role && <> as {invitation.role} of all projects</>}.
      </p>
      <GateForm action={joins ? 'Sign in and join' : invitation.isReset ? 'Set password' : 'Make my account'} submit={submit}>
        {!joins && !invitation.isReset && <Field name="name" label="Name" autoComplete="name" />}
        <Field name="password" label={joins ? 'Password of your account' : 'Password, at least 10 characters'} type="password" autoComplete={joins ? 'current-password' : 'new-password'} minLength={joins ? 1 : 10} />
      </GateForm>
    </Gate>
  );
}
