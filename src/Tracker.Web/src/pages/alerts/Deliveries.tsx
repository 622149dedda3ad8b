import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { changes, channelsQuery, deliveriesQuery, useChange, type Delivery } from '../../api/alerts';
import { Icon } from '../../components/Icon';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago, Ahead } from '../../components/time';

const states = { all: 'All', waiting: 'Waiting', delivered: 'Delivered', dead: 'Dead letters', skipped: 'Skipped' };
const tones = { delivered: 'ok', waiting: 'info', dead: 'crit', skipped: 'none' } as const;

/** Each alert on its way to each channel, with attempts and answers. */
export function Deliveries({ project }: { project: string }) {
  const [state, setState] = useState<keyof typeof states>('all');
  const deliveries = useQuery(deliveriesQuery(project, state === 'all' ? undefined : state));
  const resend = useChange(changes.resend);
  const dead = deliveries.data?.items.filter((delivery) => delivery.state === 'dead') ?? [];
  return (
    <>
      <div className="row">
        <div className="segmented" role="group" aria-label="Which">
          {Object.entries(states).map(([key, name]) => (
            <button key={key} type="button" aria-pressed={state === key} onClick={() => setState(key as keyof typeof states)}>{name}</button>
          ))}
        </div>
        {dead.length > 0 && <button type="button" disabled={resend.isPending} onClick={() => resend.mutate({ ids: dead.map((delivery) => delivery.id!) })}>Send {dead.length} dead letters again</button>}
      </div>
      {resend.error && <p role="alert">{resend.error.message}</p>}
      {deliveries.error && !deliveries.data && <Failure what="The deliveries could not be read." error={deliveries.error} retry={() => void deliveries.refetch()} />}
      {deliveries.isPending && <Skeleton height={160} />}
      {deliveries.data?.items.length === 0 && <Empty title="There is none of these." />}
      <ul className="plain">{deliveries.data?.items.map((delivery) => <DeliveryRow key={delivery.id} delivery={delivery} withTitle />)}</ul>
    </>
  );
}

export function DeliveryRow({ delivery, withTitle }: { delivery: Delivery; withTitle: boolean }) {
  const resend = useChange(changes.resend);
  const name = useQuery(channelsQuery).data?.items.find((channel) => channel.id === delivery.channel)?.name;
  const tone = tones[delivery.state as keyof typeof tones];
  return (
    <li className="delivery">
      <div className="row">
        <span className="health" data-tone={tone}><Icon shape={tone === 'none' ? 'ring' : tone} />{delivery.state}</span>
        {withTitle && <span className="grow">{delivery.title}</span>}
        <span className="dim">{name ?? delivery.channel}{delivery.digest ? ', in a digest' : ''}</span>
        <Ago time={delivery.deliveredAt ?? delivery.createdAt!} />
        {delivery.state === 'dead' && <button type="button" disabled={resend.isPending} onClick={() => resend.mutate({ ids: [delivery.id!] })}>Send again</button>}
      </div>
      {delivery.lastError && <p className="dim">{delivery.lastError}{delivery.nextAttemptAt && <>, next try <Ahead time={delivery.nextAttemptAt} /></>}</p>}
      {delivery.log && delivery.log.length > 0 && (
        <details>
          <summary>{delivery.attempts} {delivery.attempts === 1 ? 'attempt' : 'attempts'}</summary>
          <ol className="plain dim">
            {delivery.log.map((attempt) => <li key={`${attempt.number} ${attempt.at}`}>{attempt.number}. <Ago time={attempt.at!} />, {attempt.milliseconds} ms: {attempt.outcome}{attempt.answer ? `, ${attempt.answer}` : ''}</li>)}
          </ol>
        </details>
      )}
    </li>
  );
}
