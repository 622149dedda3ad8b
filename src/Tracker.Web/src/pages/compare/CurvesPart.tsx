import { useMemo } from 'react';
import { useWatch } from '../../api/hooks';
import { useTheme } from '../../charts/theme';
import { ChartTools } from '../../components/ChartTools';
import { DataChart, type Source } from '../../components/DataChart';
import { useView } from '../../components/view';
import { prefixSections } from '../../lib/sections';
import type { Compared } from './ComparePage';

const mostRuns = 20;
const mostCharts = 24;
/** The reference is drawn in the colour of text, on top. */
const ink = { light: '#191b1f', dark: '#eceef1' };

/** The curves of the runs over the band of one of them: where do they leave what the reference does? */
export function CurvesPart({ rows, metrics, colours }: Compared) {
  const [view, change] = useView();
  const theme = useTheme();
  const reference = rows.find((row) => row.id === view.reference) ?? rows.find((row) => row.tags.includes('baseline')) ?? rows.at(-1)!;
  const others = rows.filter((row) => row !== reference).slice(0, mostRuns);
  const ids = [reference, ...others].map((row) => row.id).join();
  useWatch('run', useMemo(() => ids.split(','), [ids]));
  const charts = useMemo(() => {
    const byId = new Map(rows.map((row) => [row.id, row]));
    return prefixSections(metrics.filter((name) => reference.metrics[name]?.last != null && name !== 'epoch')).flatMap((section) => section.names).slice(0, mostCharts).flatMap((name) => {
      const sources = ids.split(',').reverse().flatMap((id): Source[] => {
        const row = byId.get(id);
        return row && row.metrics[name]?.last != null ? [{ run: id, name, label: row.name, colour: id === reference.id ? ink[theme] : colours(id), reference: id === reference.id }] : [];
      });
      return sources.length > 1 ? [{ name, sources }] : [];
    });
  }, [ids, metrics, colours, reference, rows, theme]);
  return (
    <>
      <div className="tools compare-tools">
        <label>
          Reference
          <select value={reference.id} onChange={(event) => change({ reference: event.target.value })}>{rows.map((row) => <option key={row.id} value={row.id}>{row.name}</option>)}</select>
        </label>
        <span>in the colour of text; its band is what its own noise spans{rows.length - 1 > others.length && ` · the first ${others.length} of the other ${rows.length - 1} runs`}</span>
        <ChartTools />
      </div>
      <div className="chart-grid" data-size={view.size}>
        {charts.map(({ name, sources }) => <DataChart key={name} chart={name} title={name} sources={sources} usualLog={/loss|grad_norm|perplexity/.test(name)} />)}
      </div>
    </>
  );
}
