import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call, post, query, segment } from './client';
import type { components } from './generated';
import type { Page } from './types';

type Schemas = components['schemas'];
export type Alert = Schemas['AlertItem'];
export type Channel = Schemas['ChannelDto'];
export type ChannelRequest = Schemas['ChannelRequest'];
export type Delivery = Schemas['DeliveryDto'];
export type Rule = Schemas['RuleDto'];
export type Route = Schemas['RouteDto'];
export type Preview = Schemas['PreviewDto'];
export type StopRules = Schemas['StopRules'];
export type Savings = Schemas['SavingsDto'];

const root = ['alerts'] as const;

export const alertKeys = { all: root, history: (project: string) => [...root, 'history', project] as const };

export const historyQuery = (project: string) =>
  queryOptions({ queryKey: alertKeys.history(project), queryFn: ({ signal }) => call<Page<Alert>>(`/alerts${query({ before: 'now', project, limit: 100 })}`, { signal }) });

export const deliveriesQuery = (project: string | undefined, state: string | undefined, alert?: string) =>
  queryOptions({
    queryKey: [...root, 'deliveries', project, state, alert] as const,
    queryFn: ({ signal }) => call<Page<Delivery>>(`/deliveries${query({ project, state, alert, limit: 100 })}`, { signal }),
    refetchInterval: 5000,
  });

export const channelsQuery = queryOptions({ queryKey: [...root, 'channels'] as const, queryFn: ({ signal }) => call<Page<Channel>>('/channels', { signal }), refetchInterval: 5000 });

export const rulesQuery = (project: string) =>
  queryOptions({ queryKey: [...root, 'rules', project] as const, queryFn: ({ signal }) => call<Page<Rule>>(`/projects/${segment(project)}/rules`, { signal }) });

export const routesQuery = (project: string) =>
  queryOptions({ queryKey: [...root, 'routes', project] as const, queryFn: ({ signal }) => call<Page<Route>>(`/routes${query({ project })}`, { signal }) });

export const stopRulesQuery = (project: string) =>
  queryOptions({ queryKey: [...root, 'stop', project] as const, queryFn: ({ signal }) => call<StopRules>(`/projects/${segment(project)}/stop-rules`, { signal }) });

export const savingsQuery = (project: string) =>
  queryOptions({ queryKey: [...root, 'savings', project] as const, queryFn: ({ signal }) => call<Savings>(`/projects/${segment(project)}/savings`, { signal }) });

const send = <T>(method: string, path: string, body?: unknown): Promise<T> =>
  call<T>(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }) });

/** A change of anything on the page of alerts; what the page shows is read anew after it. */
export function useChange<I, O>(change: (input: I) => Promise<O>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSuccess: () => client.invalidateQueries({ queryKey: root }) });
}

export const changes = {
  createChannel: (request: ChannelRequest) => post<Channel>('/channels', request),
  patchChannel: ({ id, ...request }: ChannelRequest & { id: string }) => send<Channel>('PATCH', `/channels/${segment(id)}`, request),
  deleteChannel: (id: string) => send<undefined>('DELETE', `/channels/${segment(id)}`),
  testChannel: (id: string) => post<Schemas['ChannelTestDto']>(`/channels/${segment(id)}/test`),
  rotateSecret: (id: string) => post<Channel>(`/channels/${segment(id)}/secret`, {}),
  resend: (request: { channel?: string; ids?: string[] }) => post<Schemas['ResentDto']>('/deliveries/resend', request),
  createRule: ({ project, ...request }: { project: string; name?: string; expression: string; severity: string; stop: boolean }) => post<Rule>(`/projects/${segment(project)}/rules`, request),
  patchRule: ({ id, ...request }: { id: string; enabled: boolean }) => send<Rule>('PATCH', `/rules/${segment(id)}`, request),
  deleteRule: (id: string) => send<undefined>('DELETE', `/rules/${segment(id)}`),
  preview: ({ project, expression }: { project: string; expression: string }) => post<Preview>(`/projects/${segment(project)}/rules/preview`, { expression }),
  createRoute: (route: Partial<Route>) => post<Route>('/routes', route),
  deleteRoute: (id: string) => send<undefined>('DELETE', `/routes/${segment(id)}`),
  putStops: ({ project, rules }: { project: string; rules: StopRules }) => send<StopRules>('PUT', `/projects/${segment(project)}/stop-rules`, rules),
  unmute: (diagnosis: string) => post<unknown>(`/diagnoses/${segment(diagnosis)}/verdict`, { verdict: null }),
};
