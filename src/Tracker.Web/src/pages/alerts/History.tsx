import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { deliveriesQuery, historyQuery, type Alert } from '../../api/alerts';
import type { Verdict } from '../../api/types';
import { said } from '../../components/DiagnosisCard';
import { Icon } from '../../components/Icon';
import { Empty, Failure, Skeleton } from '../../components/states';
import { Ago } from '../../components/time';
import { toneOf, toneWord, type Severity } from '../../lib/health';
import { DeliveryRow } from './Deliveries';

/** The latest alerts of a project; each opens to what it said and where it went. */
export function History({ project }: { project: string }) {
  const history = useQuery(historyQuery(project));
  const [open, setOpen] = useState<string | null>(null);
  if (history.error && !history.data) return <Failure what="The alerts could not be read." error={history.error} retry={() => void history.refetch()} />;
  if (!history.data) return <Skeleton height={160} />;
  if (history.data.items.length === 0) return <Empty title="Nothing was told yet."><p>An alert appears here when a diagnosis is raised, a rule holds, or a run is lost or fails.</p></Empty>;
  return (
    <ul className="alert-list">
      {history.data.items.map((alert) => <AlertRow key={alert.id} alert={alert} open={open === alert.id} toggle={() => setOpen(open === alert.id ? null : alert.id!)} />)}
    </ul>
  );
}

function AlertRow({ alert, open, toggle }: { alert: Alert; open: boolean; toggle: () => void }) {
  const data = alert.data!;
  const over = /resolved|returned|finished/.test(alert.type!);
  const judged = alert.type === 'diagnosis.judged';
  const tone = over ? 'ok' : judged ? 'info' : toneOf(data.severity as unknown as Severity);
  return (
    <li>
      <button type="button" className="alert-line" aria-expanded={open} onClick={toggle}>
        <span className="health" data-tone={tone}><Icon shape={tone} /><span className="hidden">{over ? 'Over' : toneWord[tone]}</span></span>
        <b>{judged && `${data.verdict ? said[data.verdict as Verdict] : 'Taken back'} by ${data.by}: `}{data.title}</b>
        <span className="dim">{data.runName}</span>
        <span className="dim">{alert.type}</span>
        <Ago time={alert.timestamp!} />
      </button>
      {open && (
        <div className="alert-body">
          <p>{data.symptom}</p>
          {data.imageUrl && <img src={pathOf(data.imageUrl)} alt={`The curve of ${data.evidence?.[0]?.series ?? 'the series'} with the evidence marked`} width={480} height={200} loading="lazy" />}
          {data.cause && <p>Likely: {data.cause.title} ({data.cause.strength})</p>}
          {!over && data.prescriptions?.map((line) => <p key={line}>Do: {line}</p>)}
          {data.run && <p><Link to="/runs/$run" params={{ run: data.run }}>Open run</Link></p>}
          <Ways alert={alert.id!} />
        </div>
      )}
    </li>
  );
}

/** The picture is asked of the server that this page came from, whatever it is called outside. */
const pathOf = (url: string): string => {
  const { pathname, search } = new URL(url);
  return pathname + search;
};

function Ways({ alert }: { alert: string }) {
  const deliveries = useQuery(deliveriesQuery(undefined, undefined, alert));
  if (!deliveries.data) return null;
  if (deliveries.data.items.length === 0) return <p className="dim">It went to no channel: none is set up, or no route takes it.</p>;
  return <ul className="plain">{deliveries.data.items.map((delivery) => <DeliveryRow key={delivery.id} delivery={delivery} withTitle={false} />)}</ul>;
}
