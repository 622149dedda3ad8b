import { useQuery } from '@tanstack/react-query';
import { histogramsQuery } from '../../api/queries';
import type { SeriesInfo } from '../../api/types';
import { HeatMap } from '../../charts/HeatMap';
import { useInView } from '../../charts/useSize';
import { Empty, Failure } from '../../components/states';
import { plural } from '../../lib/numbers';

const height = 168;

/** Every histogram series as a heat map over time, by prefix. */
export function HistogramsTab({ run, series }: { run: string; series: readonly SeriesInfo[] }) {
  const names = series.filter((item) => item.kind === 'histogram').map((item) => item.name);
  if (names.length === 0) {
    return (
      <Empty title="This run logs no histograms.">
        <p>Activations, gradients and weights as histograms show dead and saturated units. In Python:</p>
        <pre><code>run.log_histogram("activations/layer1", values, step=step)</code></pre>
      </Empty>
    );
  }
  return [...Map.groupBy(names, (name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : 'other'))].map(([prefix, members]) => (
    <section key={prefix} aria-label={prefix}>
      <h2 className="section-name">{prefix} <span>{plural(members.length, 'series').replace('seriess', 'series')}</span></h2>
      <div className="chart-grid">{members.map((name) => <Histogram key={name} run={run} name={name} />)}</div>
    </section>
  ));
}

function Histogram({ run, name }: { run: string; name: string }) {
  const [seen, inView] = useInView<HTMLDivElement>();
  const { data, error, refetch } = useQuery({ ...histogramsQuery(run, name, 200), enabled: inView });
  return (
    <div ref={seen} className="chart-place" style={{ minHeight: height + 58 }}>
      {error && !data && <Failure what={`${name} could not be read.`} error={error} retry={() => void refetch()} />}
      {data && inView && <HeatMap edges={data.edges} columns={data.columns} label={name} height={height} />}
      {!data && !error && <div className="skeleton" style={{ height: height + 58 }} aria-hidden="true" />}
    </div>
  );
}
