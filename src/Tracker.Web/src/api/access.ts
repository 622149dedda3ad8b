import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call, post, query, segment } from './client';
import type { components } from './generated';
import type { Page } from './types';

type Described = components['schemas'];
export type Session = Required<Described['SessionDto']>;
export type Key = Required<Described['KeyDto']>;
export type NewKey = Required<Described['NewKeyDto']>;
export type Person = Required<Described['PersonDto']>;
export type Invitation = Required<Described['InvitationDto']>;
export type Share = Required<Described['ShareDto']>;
export type AuditRow = Required<Described['AuditDto']>;

const send = <T>(path: string, method: string, body?: unknown): Promise<T> =>
  call<T>(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }) });

/** Who one is, and what one may do. */
export const useSession = () => useQuery({ queryKey: ['session'], queryFn: () => call<Session>('/session'), staleTime: 60_000 });

export const signIn = (request: { email?: string; password?: string; key?: string }) => post<Session>('/session', request);

export const signOut = () => send<void>('/session', 'DELETE');

export const changePassword = (current: string, next: string) => post<void>('/session/password', { current, next });

export const lookAtInvitation = (token: string) => post<Invitation>('/invitations/look', { token });

export const acceptInvitation = (token: string, name: string, password: string) => post<Session>('/invitations/accept', { token, name, password });

const list = <T>(path: string) => ({ queryKey: ['access', path], queryFn: async () => (await call<Page<T>>(path)).items });

export const useKeys = () => useQuery(list<Key>('/keys'));

export const usePeople = (enabled: boolean) => useQuery({ ...list<Person>('/people'), enabled });

export const useInvitations = (enabled: boolean) => useQuery({ ...list<Invitation>('/invitations'), enabled });

export const useShares = () => useQuery(list<Share>('/shares'));

export const useAudit = () => useQuery(list<AuditRow>(`/audit${query({ limit: 200 })}`));

/** Does something and reads all lists of the page again. */
export function useChange<A, T>(change: (argument: A) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: ['access'] }) });
}

export const createKey = (request: { name: string; scopes: string[]; project: string | null; expiresAt: string | null; service: boolean }) => post<NewKey>('/keys', request);

export const revokeKey = (id: string) => send<void>(`/keys/${segment(id)}`, 'DELETE');

export const createPerson = (request: { email: string; name: string; password: string }) => post<Person>('/people', request);

export const changePerson = ({ id, ...change }: { id: string; role?: string; disabled?: boolean }) => send<Person>(`/people/${segment(id)}`, 'PATCH', change);

export const resetPassword = (id: string) => post<{ url: string }>(`/people/${segment(id)}/reset`);

export const invite = (request: { email: string; role: string | null; project: string | null; projectRole: string | null }) => post<{ url: string }>('/invitations', request);

export const withdraw = (id: string) => send<void>(`/invitations/${segment(id)}`, 'DELETE');

export const setProjectRole = ({ project, person, role }: { project: string; person: string; role: string | null }) =>
  send<void>(`/projects/${segment(project)}/people/${segment(person)}`, role === null ? 'DELETE' : 'PUT', role === null ? undefined : { role });

export const shareRun = (run: string, note: string) => post<{ url: string }>(`/runs/${segment(run)}/shares`, { note: note || null });

export const shareProject = (project: string, note: string) => post<{ url: string }>(`/projects/${segment(project)}/shares`, { note: note || null });

export const revokeShare = (id: string) => send<void>(`/shares/${segment(id)}`, 'DELETE');
