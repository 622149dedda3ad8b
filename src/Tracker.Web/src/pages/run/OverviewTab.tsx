import type { ReactNode } from 'react';
import type { Run, SeriesInfo } from '../../api/types';
import { Ago } from '../../components/time';
import { flattenConfig } from '../../lib/config';
import { formatCount, formatValue, toNumber } from '../../lib/numbers';

/** What was run and what came out, as tables. */
export function OverviewTab({ run, series }: { run: Run; series: readonly SeriesInfo[] }) {
  const about: [string, ReactNode][] = [
    ['id', run.id],
    ['created', <Ago key="created" time={run.createdAt} />],
    ...(run.finishedAt ? [['finished', <Ago key="finished" time={run.finishedAt} />] as [string, ReactNode]] : []),
    ...(run.group ? [['group', run.group] as [string, ReactNode]] : []),
    ...(run.jobType ? [['job', run.jobType] as [string, ReactNode]] : []),
    ...(run.tags.length > 0 ? [['tags', run.tags.join(', ')] as [string, ReactNode]] : []),
    ...(run.exitCode !== null ? [['exit code', run.exitCode] as [string, ReactNode]] : []),
  ];
  const config = flattenConfig(run.config);
  return (
    <div className="overview">
      <section className="panel" aria-label="Summary of the series">
        <h2 className="section-name">Series <span>{formatCount(series.length)}</span></h2>
        <div className="scroll-x">
          <table>
            <thead>
              <tr><th>name</th><th>last</th><th>min</th><th>max</th><th>mean</th><th>points</th><th>not finite</th><th>late</th><th>last step</th></tr>
            </thead>
            <tbody>
              {series.map((item) => (
                <tr key={item.name}>
                  <th scope="row">{item.name}</th>
                  {[item.last, item.min, item.max, item.mean].map((value, i) => <td key={i}>{value === null ? '–' : formatValue(toNumber(value))}</td>)}
                  <td>{formatCount(item.count)}</td>
                  <td data-alarm={item.nonFinite > 0 || undefined}>{item.nonFinite > 0 ? formatCount(item.nonFinite) : '–'}</td>
                  <td>{item.late > 0 ? formatCount(item.late) : '–'}</td>
                  <td>{item.lastStep === null ? '–' : formatCount(item.lastStep)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <div>
        {run.notes && <section className="panel" aria-label="Notes"><h2 className="section-name">Notes</h2><p className="notes">{run.notes}</p></section>}
        <Facts title="Run" rows={about} />
        {config.length > 0 && <Facts title="Config" rows={config} />}
      </div>
    </div>
  );
}

function Facts({ title, rows }: { title: string; rows: [string, ReactNode][] }) {
  return (
    <section className="panel" aria-label={title}>
      <h2 className="section-name">{title}</h2>
      <dl className="facts">{rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
    </section>
  );
}
