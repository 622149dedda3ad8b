import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { allRowsQuery } from '../../api/rows';
import { fieldsFor } from '../../lib/columns';
import type { Row } from '../../lib/fields';
import { labelOf } from '../../components/runs/GridHead';
import type { useRunsTable } from '../runs/useRunsTable';

/** A run on the charts, and the group whose curve it is part of. */
export interface ShownRun {
  id: string;
  name: string;
  group?: string | undefined;
}

const mostGroups = 12;
const mostInGroup = 24;
const most = 100;

/** The runs on the charts: the chosen ones, wherever they are in the table, else its first; with a grouping, those of the first groups. */
export function useShownRuns(project: string, { view, rows, shown, groups, grouped }: ReturnType<typeof useRunsTable>): readonly ShownRun[] {
  const ids = [...shown].slice(0, most);
  const known = useMemo(() => new Map(rows.map((row) => [row.id, row])), [rows]);
  // A link may show runs that lie further down than what was read.
  const missing = view.runs ? ids.filter((id) => !known.has(id)) : [];
  const filter = `id in (${missing.map((id) => JSON.stringify(id)).join(', ')})`;
  const others = useQuery({ ...allRowsQuery(project, { filter, fields: fieldsFor([]) }, most), enabled: missing.length > 0 });
  return useMemo(() => {
    if (grouped.length > 0) {
      return groups.slice(0, mostGroups).flatMap((group) => {
        const name = group.values.map((value, i) => `${labelOf(grouped[i]!)} ${value ?? '–'}`).join(' · ');
        return group.rows.slice(0, mostInGroup).map(({ id, name: label }) => ({ id, name: label, group: name }));
      }).slice(0, most);
    }
    const found = new Map<string, Row>([...known, ...(others.data ?? []).map((row): [string, Row] => [row.id, row])]);
    return ids.flatMap((id): ShownRun[] => {
      const row = found.get(id);
      return row ? [{ id, name: row.name }] : [];
    });
  }, [ids.join(), known, others.data, groups, grouped]);
}
