import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { Health } from '../../components/Health';
import { useView } from '../../components/view';
import { differences, lessIsBetter, tally, valueText } from '../../lib/compare';
import { valueOf, type Row } from '../../lib/fields';
import { aggregate } from '../../lib/groups';
import { formatValue, plural } from '../../lib/numbers';
import type { Compared } from './ComparePage';

/** More runs than this are told in sums, not side by side. */
const mostBeside = 24;

/** Config keys that differ and metrics, a column a run; for many runs how often each value occurs and how the numbers spread. */
export function DifferencesPart(compared: Compared) {
  return compared.rows.length <= mostBeside ? <SideBySide {...compared} /> : <InSums {...compared} />;
}

function SideBySide({ rows, metrics, colours }: Compared) {
  const [view, change] = useView();
  const [form, setForm] = useState<'last' | 'min' | 'max'>('last');
  const found = useMemo(() => differences(rows), [rows]);
  const reference = rows.find((row) => row.id === view.reference);
  const lines = useMemo(() => metrics.map((series) => ({ series, values: rows.map((row) => valueOf(row, { kind: 'metric', series, form })) })).filter(({ values }) => values.some((value) => value !== null)), [metrics, rows, form]);
  return (
    <div className="compare-table" tabIndex={0} role="region" aria-label="Differences, side by side">
      <table>
        <thead>
          <tr>
            <th scope="col"><span className="hidden">What</span></th>
            {rows.map((row) => (
              <th key={row.id} scope="col" data-reference={row.id === reference?.id || undefined}>
                <span className="compare-run"><i style={{ background: colours(row.id) }} aria-hidden="true" /><Link to="/runs/$run" params={{ run: row.id }} search={{}}>{row.name}</Link></span>
                <button type="button" className="link" aria-pressed={row.id === reference?.id} onClick={() => change({ reference: row.id === reference?.id ? undefined : row.id })}>{row.id === reference?.id ? 'reference' : 'as reference'}</button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr><th scope="row">Health</th>{rows.map((row) => <td key={row.id} className="compare-health"><Health run={row} /></td>)}</tr>
          <tr className="compare-part-head"><th scope="rowgroup">Config, {plural(found.length, 'difference')}</th><td colSpan={rows.length} /></tr>
          {found.map(({ path, values }) => (
            <tr key={path}>
              <th scope="row"><code>{path}</code></th>
              {values.map((value, i) => <td key={rows[i]!.id} data-missing={value === null || undefined}>{valueText(value)}</td>)}
            </tr>
          ))}
          {found.length === 0 && <tr><th scope="row" className="cell-none">All keys are the same.</th><td colSpan={rows.length} /></tr>}
          <tr className="compare-part-head">
            <th scope="rowgroup">
              Metrics
              <select aria-label="Value of each metric" value={form} onChange={(event) => setForm(event.target.value as 'last')}><option value="last">last</option><option value="min">least</option><option value="max">greatest</option></select>
            </th>
            <td colSpan={rows.length}>{reference ? `and the distance from ${reference.name}` : ''}</td>
          </tr>
          {lines.map(({ series, values }) => {
            const best = bestOf(series, values);
            const base = reference ? values[rows.indexOf(reference)] : null;
            return (
              <tr key={series}>
                <th scope="row">{series}</th>
                {values.map((value, i) => (
                  <td key={rows[i]!.id} data-best={(best !== null && value === best) || undefined} title={best !== null && value === best ? 'The best of these runs' : undefined}>
                    {valueText(value)}
                    {typeof value === 'number' && typeof base === 'number' && rows[i] !== reference && <small>{distance(value, base)}</small>}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function bestOf(series: string, values: readonly unknown[]): number | null {
  const found = aggregate(values);
  if (!found || found.min === found.max || !/loss|err|acc|ece|perplexity|ppl|auc|f1|score|reward|bleu|mse|mae|rmse/i.test(series)) return null;
  return lessIsBetter(series) ? found.min : found.max;
}

const distance = (value: number, base: number): string => (value === base ? '=' : `${value > base ? '+' : ''}${formatValue(value - base)}`);

function InSums({ rows, metrics }: Compared) {
  const [view, change] = useView();
  const found = useMemo(() => differences(rows), [rows]);
  const reference = rows.find((row) => row.id === view.reference);
  const numbers = useMemo(() => metrics.flatMap((series) => {
    const values = rows.map((row) => valueOf(row, { kind: 'metric', series, form: 'last' }));
    const sum = aggregate(values);
    return sum ? [{ series, sum, values }] : [];
  }), [metrics, rows]);
  const filterBy = (path: string, text: string) => `config.${path} = ${/^[-\d.e]+$/i.test(text) ? text : JSON.stringify(text)}`;
  return (
    <>
      <section className="panel">
        <h2 className="section-name">Config <span>{plural(found.length, 'key')} differ among {plural(rows.length, 'run')}</span></h2>
        <ul className="tallies">
          {found.map(({ path, values }) => {
            const counts = tally(values);
            return (
              <li key={path}>
                <code>{path}</code>
                <span className="tally">
                  {counts.slice(0, 8).map(({ text, count }) => (
                    <button key={text} type="button" className="tag" title={`Only the ${count} with ${path} ${text}`} onClick={() => change({ filter: text === '–' ? `config.${path} is null` : filterBy(path, text), runs: undefined })}>{text}<b>×{count}</b></button>
                  ))}
                  {counts.length > 8 && <span className="cell-none">and {counts.length - 8} more</span>}
                </span>
              </li>
            );
          })}
        </ul>
      </section>
      <section className="panel">
        <h2 className="section-name">Metrics, last values</h2>
        <label className="compare-reference">
          Reference
          <select value={view.reference ?? ''} onChange={(event) => change({ reference: event.target.value || undefined })}>
            <option value="">none</option>
            {rows.map((row) => <option key={row.id} value={row.id}>{row.name}</option>)}
          </select>
        </label>
        <div className="scroll-x">
          <table>
            <thead><tr><th scope="col">Series</th><th scope="col">runs</th><th scope="col">mean ± std</th><th scope="col">least</th><th scope="col">greatest</th>{reference && <><th scope="col">{reference.name}</th><th scope="col">its rank</th></>}</tr></thead>
            <tbody>
              {numbers.map(({ series, sum, values }) => {
                const base = reference ? values[rows.indexOf(reference)] : null;
                return (
                  <tr key={series}>
                    <th scope="row">{series}</th>
                    <td>{sum.count}</td>
                    <td>{formatValue(sum.mean)} ± {formatValue(sum.std)}</td>
                    <td><RunOf rows={rows} values={values} value={sum.min} /></td>
                    <td><RunOf rows={rows} values={values} value={sum.max} /></td>
                    {reference && <td>{valueText(base ?? null)}</td>}
                    {reference && <td>{typeof base === 'number' ? `${values.filter((value) => typeof value === 'number' && (lessIsBetter(series) ? value < base : value > base)).length + 1} of ${sum.count}` : '–'}</td>}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      </section>
    </>
  );
}

function RunOf({ rows, values, value }: { rows: readonly Row[]; values: readonly unknown[]; value: number }) {
  const row = rows[values.indexOf(value)];
  return row ? <Link to="/runs/$run" params={{ run: row.id }} search={{}} title={row.name}>{formatValue(value)}</Link> : <>{formatValue(value)}</>;
}
