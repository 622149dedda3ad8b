import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { changes, channelsQuery, routesQuery, useChange, type Channel } from '../../api/alerts';
import { notifies, setNotifies } from '../../api/notify';
import { Icon } from '../../components/Icon';
import { Sure } from '../../components/Sure';
import { Failure, Skeleton } from '../../components/states';
import { Ago, Ahead } from '../../components/time';
import { ChannelForm } from './ChannelForm';
import { Routes } from './Routes';

/** Where alerts go, how it goes, a test; and who gets what. */
export function Channels({ project }: { project: string }) {
  const channels = useQuery(channelsQuery);
  const routes = useQuery(routesQuery(project));
  if (channels.error && !channels.data) return <Failure what="The channels could not be read." error={channels.error} retry={() => void channels.refetch()} />;
  if (!channels.data) return <Skeleton height={160} />;
  return (
    <>
      <section>
        <h2>Channels</h2>
        {channels.data.items.length === 0 && <p className="dim">None yet: alerts are only seen here.</p>}
        <ul className="plain">{channels.data.items.map((channel) => <ChannelRow key={channel.id} channel={channel} />)}</ul>
        <Desktop />
        <ChannelForm />
      </section>
      <section>
        <h2>Who gets what</h2>
        <Routes project={project} routes={routes.data?.items ?? []} channels={channels.data.items} />
      </section>
    </>
  );
}

const tones = { ok: 'ok', failing: 'warn', open: 'crit' } as const;
const words = { ok: 'delivers', failing: 'failing', open: 'left alone for a while' };

function ChannelRow({ channel }: { channel: Channel }) {
  const [test, patch, remove, rotate] = [useChange(changes.testChannel), useChange(changes.patchChannel), useChange(changes.deleteChannel), useChange(changes.rotateSecret)];
  const [editing, setEditing] = useState(false);
  const health = channel.health!;
  const state = health.state as keyof typeof tones;
  const error = patch.error ?? remove.error ?? rotate.error ?? test.error;
  return (
    <li className="delivery">
      <div className="row">
        <span className="health" data-tone={channel.enabled ? tones[state] : 'none'}><Icon shape={channel.enabled ? tones[state] : 'ring'} />{channel.enabled ? words[state] : 'off'}</span>
        <b>{channel.name}</b>
        <span className="dim grow">{channel.kind}, {channel.target}{channel.readOnly ? ', from the configuration' : ''}{channel.quietHours ? `, quiet ${channel.quietHours.from}–${channel.quietHours.to}` : ''}</span>
        {health.waiting! > 0 && <span>{health.waiting} waiting</span>}
        {health.dead! > 0 && <span>{health.dead} given up</span>}
        {health.deliveredAt && <span className="dim">last <Ago time={health.deliveredAt} /></span>}
        <button type="button" disabled={test.isPending} onClick={() => test.mutate(channel.id!)}>Test</button>
        {!channel.readOnly && <button type="button" onClick={() => patch.mutate({ id: channel.id!, enabled: !channel.enabled })}>{channel.enabled ? 'Switch off' : 'Switch on'}</button>}
        {!channel.readOnly && channel.kind === 'webhook' && <button type="button" onClick={() => rotate.mutate(channel.id!)}>New secret</button>}
        {!channel.readOnly && <button type="button" aria-expanded={editing} onClick={() => setEditing(!editing)}>Change</button>}
        {!channel.readOnly && <Sure label="Delete" busy={remove.isPending} onSure={() => remove.mutate(channel.id!)} />}
      </div>
      {editing && <ChannelForm channel={channel} onDone={() => setEditing(false)} />}
      {test.data && <p role="status">{test.data.delivered ? `The test arrived, in ${test.data.milliseconds} ms.` : `The test did not arrive: ${test.data.error}`}</p>}
      {rotate.data?.secret && <p role="status">New secret, shown only now: <code>{rotate.data.secret}</code>. For 24 hours messages bear both signatures.</p>}
      {channel.disabledReason && <p className="dim">{channel.disabledReason}</p>}
      {health.state !== 'ok' && health.lastError && <p className="dim">{health.lastError}{health.openUntil && <>, tried again <Ahead time={health.openUntil} /></>}</p>}
      {channel.secretsSet?.includes('signingSecret') && channel.interactiveUrl && <p className="dim">Request URL for Slack: <code>{channel.interactiveUrl}</code></p>}
      {error && <p role="alert">{error.message}</p>}
    </li>
  );
}

function Desktop() {
  const [on, setOn] = useState(notifies);
  const able = 'Notification' in globalThis;
  const blocked = able && Notification.permission === 'denied';
  return (
    <label className="row">
      <input type="checkbox" checked={on} disabled={!able || blocked} onChange={(event) => void setNotifies(event.target.checked).then(setOn)} />
      Notifications of this browser, while a page of the project is open in the background
      {blocked && <span className="dim">(blocked in the browser's settings for this site)</span>}
      {!able && <span className="dim">(this browser has none, or the page did not come over HTTPS)</span>}
    </label>
  );
}
