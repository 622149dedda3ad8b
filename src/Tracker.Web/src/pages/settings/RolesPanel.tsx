import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { catalogueQuery } from '../../api/queries';
import { readRows } from '../../api/rows';

/** What the analyzer takes the series of the newest runs for, and how to say otherwise. */
export function RolesPanel({ project }: { project: string }) {
  const newest = useQuery({ queryKey: ['project', project, 'newest'], queryFn: ({ signal }) => readRows(project, { fields: 'name' }, 3, signal) });
  const catalogues = useQueries({ queries: (newest.data ?? []).map((row) => catalogueQuery(row.id)) });
  const items = catalogues.map((catalogue) => catalogue.data?.items);
  const roles = useMemo(() => {
    const found = new Map<string, string | null>();
    for (const series of items.flatMap((list) => list ?? [])) if (!found.has(series.name)) found.set(series.name, series.role);
    return [...found];
  }, [items.map((list) => list?.length).join()]);
  if (roles.length === 0) return null;
  const unknown = roles.filter(([, role]) => role === null);
  return (
    <section className="panel" aria-labelledby="roles">
      <h2 id="roles" className="section-name">Roles of series <span>{roles.length - unknown.length} of {roles.length} are known to the analyzer</span></h2>
      <details>
        <summary>Series and roles of the newest runs</summary>
        <ul className="roles">
          {roles.map(([name, role]) => <li key={name}><code>{name}</code><span>{role ?? <span className="cell-none">not known: charted, not judged</span>}</span></li>)}
        </ul>
      </details>
      <p>A series by another name gets its role from the run's config, at the start or later: <code>{'{"tracker.roles": {"my/series": "val/loss"}}'}</code>; <code>"none"</code> leaves one out.</p>
    </section>
  );
}
