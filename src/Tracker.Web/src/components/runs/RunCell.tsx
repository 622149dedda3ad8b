import { useQuery } from '@tanstack/react-query';
import { memo } from 'react';
import { sparklineQuery } from '../../api/queries';
import { Sparkline } from '../../charts/Sparkline';
import { parseField, valueOf, type Row, type Value } from '../../lib/fields';
import { formatCount, formatValue } from '../../lib/numbers';
import { formatAgo, formatDuration, formatExact } from '../../lib/times';
import { Health, StateWord } from '../Health';

export interface CellLooks {
  /** The series that stands for a run where `spark` is shown. */
  spark: string | undefined;
  colour: string;
  now: number;
}

const counts = new Set(['lastStep', 'diagnoses.count', 'exitCode']);
const times = new Set(['createdAt', 'finishedAt', 'deletedAt', 'purgeAt']);

/** Whether a column's values stand at the right, as numbers do. */
export const isNumeric = (field: string): boolean => field.startsWith('metrics.') || counts.has(field) || field === 'duration';

/** One value of a run in a table. */
export const RunCell = memo(function RunCell({ row, field, looks }: { row: Row; field: string; looks: CellLooks }) {
  // A plain link: the grid follows it. The router's own costs half a millisecond, and there are forty on the screen.
  if (field === 'name') return <a href={`/runs/${encodeURIComponent(row.id)}`} data-run={row.id} className="cell-name" title={row.id === row.name ? row.name : `${row.name} · ${row.id}`}>{row.name}</a>;
  if (field === 'health') return <Health run={row} />;
  if (field === 'state') return <StateWord state={row.state} />;
  if (field === 'spark' || field.startsWith('spark.')) {
    const series = field === 'spark' ? looks.spark : field.slice('spark.'.length);
    return series ? <RunSparkline run={row.id} series={series} colour={looks.colour} /> : null;
  }
  if (field === 'tags') return <Tags tags={row.tags} />;
  const value = valueOf(row, parseField(field), looks.now);
  if (times.has(field)) {
    const at = typeof value === 'string' ? Date.parse(value) : NaN;
    return Number.isNaN(at) ? <Nothing /> : <time title={formatExact(at)}>{field === 'purgeAt' ? `in ${formatDuration((at - looks.now) / 1000)}` : formatAgo(at, looks.now)}</time>;
  }
  const text = textOf(field, value);
  return text === null ? <Nothing /> : <span title={typeof value === 'string' && value.length > 12 ? value : undefined}>{text}</span>;
});

const Nothing = () => <span className="cell-none">–</span>;

/** A value in words; null where there is none. */
export function textOf(field: string, value: Value): string | null {
  if (value === null || value === '') return null;
  if (Array.isArray(value)) return value.join(', ') || null;
  if (typeof value !== 'number') return String(value);
  if (field === 'duration') return formatDuration(value);
  return counts.has(field) || /\.(count|nonFinite|lastStep)$/.test(field) ? formatCount(value) : formatValue(value);
}

function Tags({ tags }: { tags: readonly string[] }) {
  if (tags.length === 0) return <Nothing />;
  return <span className="tags" title={tags.join(', ')}>{tags.map((tag) => <span key={tag} className="tag">{tag}</span>)}</span>;
}

function RunSparkline({ run, series, colour }: { run: string; series: string; colour: string }) {
  const { data } = useQuery({ ...sparklineQuery(run, series), staleTime: 60_000 });
  return data ? <Sparkline x={data.x} y={data.smoothed && data.total >= 100 ? data.smoothed : data.y} colour={colour} label={`${series} over its steps`} /> : null;
}
