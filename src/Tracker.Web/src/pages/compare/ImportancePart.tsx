import { useEffect, useMemo, useState } from 'react';
import { labelOf } from '../../components/runs/GridHead';
import { Empty, Skeleton } from '../../components/states';
import { useView } from '../../components/view';
import { columnOf, parametersOf } from '../../lib/compare';
import { configField } from '../../lib/fields';
import { leastRuns, type ImportanceReport } from '../../lib/importance';
import { formatFixed, plural } from '../../lib/numbers';
import type { Compared } from './ComparePage';
import { usualTarget } from './ComparePage';
import { FieldSelect } from './FieldSelect';

/** What each hyper-parameter has to do with a number: how much a forest needs it, and how it goes up and down with it. */
export function ImportancePart({ rows, metrics }: Compared) {
  const [view, change] = useView();
  const target = view.target ?? usualTarget(metrics);
  const parameters = useMemo(() => parametersOf(rows), [rows]);
  const values = useMemo(() => (target ? columnOf(rows, target).map((value) => (typeof value === 'number' ? value : NaN)) : []), [rows, target]);
  const { report, busy } = useReport(parameters, values);
  const most = Math.max(0.05, ...(report?.items.map((item) => item.forest + item.error) ?? []));
  return (
    <section className="panel" aria-label="Importance of hyper-parameters">
      <div className="tools compare-tools">
        <FieldSelect label="of" value={target} metrics={metrics} config={[]} onChange={(field) => change({ target: field })} />
        {report && <span>n = {report.n} runs · the forest explains {report.explained > 0 ? `${Math.round(report.explained * 100)} %` : 'nothing'} of what differs in runs that its trees have not seen</span>}
        {busy && <span role="status">Growing trees…</span>}
      </div>
      {report === undefined ? <Skeleton height={200} /> : report === null ? (
        <Empty title={`At least ${leastRuns} runs must have ${target ? labelOf(target) : 'the number'}.`} />
      ) : report.items.length === 0 ? (
        <Empty title="No hyper-parameter differs among these runs." />
      ) : (
        <>
          {report.explained <= 0.1 && <p className="compare-warning">The forest explains next to nothing: do not read much into the order below. More runs, or other parameters, are needed.</p>}
          <div className="scroll-x">
            <table className="importance">
              <thead>
                <tr><th scope="col">Hyper-parameter</th><th scope="col">values</th><th scope="col" className="importance-bar">importance: what the forest loses without it, ± standard error</th><th scope="col" className="importance-bar">rank correlation, with its 95 % interval</th><th scope="col"><span className="hidden">Scatter</span></th></tr>
              </thead>
              <tbody>
                {report.items.map((item) => (
                  <tr key={item.name}>
                    <th scope="row"><code>{item.name}</code></th>
                    <td>{item.distinct}</td>
                    <td className="importance-bar">
                      <svg width="180" height="16" aria-hidden="true">
                        <rect className="svg-bar" x="0" y="3" width={(160 * Math.max(0, item.forest)) / most} height="10" rx="2" />
                        <line className="svg-error" x1={(160 * Math.max(0, item.forest - item.error)) / most} x2={(160 * Math.max(0, item.forest + item.error)) / most} y1="8" y2="8" />
                      </svg>
                      {formatFixed(item.forest, 3)} ± {formatFixed(item.error, 3)}
                    </td>
                    <td className="importance-bar">
                      {item.correlation ? (
                        <>
                          <svg width="140" height="16" aria-hidden="true">
                            <line className="svg-axis" x1="70" x2="70" y1="1" y2="15" />
                            <line className="svg-error" x1={70 + 66 * item.correlation.low} x2={70 + 66 * item.correlation.high} y1="8" y2="8" />
                            <circle className="svg-bar" cx={70 + 66 * item.correlation.rho} cy="8" r="4" />
                          </svg>
                          {formatFixed(item.correlation.rho, 2)} ({formatFixed(item.correlation.low, 2)} to {formatFixed(item.correlation.high, 2)}), n = {item.correlation.n}
                        </>
                      ) : <span className="cell-none">words have no order</span>}
                    </td>
                    <td><button type="button" className="link" onClick={() => change({ part: 'scatter', sx: configField(item.name), sy: target }, true)}>scatter</button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="compare-note">Importance: 1 is the whole variance of {target ? labelOf(target) : 'the number'}; a random forest, each hyper-parameter shuffled among the {plural(report.n, 'run')} that a tree has not seen. It sees valleys and interactions that a rank correlation does not; parameters that vary together share theirs.</p>
        </>
      )}
    </section>
  );
}

/** Undefined while the first report is made. */
function useReport(parameters: ReturnType<typeof parametersOf>, target: number[]): { report: ImportanceReport | null | undefined; busy: boolean } {
  const [state, setState] = useState<{ report: ImportanceReport | null | undefined; busy: boolean }>({ report: undefined, busy: true });
  useEffect(() => {
    const worker = new Worker(new URL('./importance.worker.ts', import.meta.url), { type: 'module' });
    setState((old) => ({ ...old, busy: true }));
    worker.onmessage = ({ data }: MessageEvent<{ report: ImportanceReport | null }>) => setState({ report: data.report, busy: false });
    worker.postMessage({ id: 0, parameters, target });
    return () => worker.terminate();
  }, [parameters, target]);
  return state;
}
