import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { eventsOfKindQuery } from '../../api/diagnostics';
import type { Run, SeriesInfo } from '../../api/types';
import { ChartsTab } from './ChartsTab';
import { Empty, Failure } from '../../components/states';
import { Ago } from '../../components/time';
import { flattenConfig } from '../../lib/config';

const system = /^(rank\d+\/)?(system\/|sys\/|step_time$|data_time$)/;

/** The machine: what it did while the run ran, and what it is. */
export function SystemTab({ run, series }: { run: Run; series: readonly SeriesInfo[] }) {
  const shown = useMemo(() => series.filter((item) => system.test(item.name)), [series]);
  const { data, error, refetch } = useQuery(eventsOfKindQuery(run.id, 'env'));
  if (shown.length === 0 && data?.length === 0) {
    return <Empty title="Nothing of the machine has been logged."><p>The SDKs log <code>system/…</code> (processor, memory, devices) every few seconds and the environment once; both are on unless they are switched off.</p></Empty>;
  }
  return (
    <>
      {shown.length > 0 && <ChartsTab run={run} series={shown} diagnoses={[]} />}
      {error && !data && <Failure what="The environment could not be read." error={error} retry={() => void refetch()} />}
      {data && data.length > 0 && (
        <section aria-label="Environment">
          <h2 className="section-name">Environment</h2>
          <div className="environments">
            {data.map((event, i) => (
              <section key={`${event.sequence} ${i}`} className="panel">
                <h3 className="section-name">{event.name ?? 'environment'} <span><Ago time={event.time} /></span></h3>
                <dl className="facts">{flattenConfig(event.data ?? {}).map(([key, value]) => <div key={key}><dt>{key}</dt><dd>{value}</dd></div>)}</dl>
              </section>
            ))}
          </div>
        </section>
      )}
    </>
  );
}
