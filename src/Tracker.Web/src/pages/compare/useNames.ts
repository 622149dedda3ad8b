import { useMemo } from 'react';
import type { ProjectFields } from '../../api/rows';
import type { Row } from '../../lib/fields';
import type { Names } from '../../lib/filter';

const none: readonly never[] = [];

/** What a filter can name, with the values of config keys that the runs at hand have. */
export function useNames(fields: ProjectFields | undefined, rows: readonly Row[]): Names {
  return useMemo(() => {
    const values = new Map<string, Set<string>>();
    for (const row of rows.slice(0, 400)) {
      for (const [path, value] of Object.entries(row.config)) {
        if (value === null || typeof value === 'object') continue;
        const set = values.get(path) ?? new Set();
        if (set.size < 50) values.set(path, set.add(typeof value === 'string' ? JSON.stringify(value) : String(value)));
      }
    }
    return {
      metrics: fields?.metrics ?? none, config: fields?.config ?? none, attributes: fields?.attributes ?? none,
      tags: fields?.tags.map(({ name }) => name) ?? none, groups: fields?.groups.map(({ name }) => name) ?? none, jobTypes: fields?.jobTypes.map(({ name }) => name) ?? none,
      values: new Map([...values].map(([path, set]) => [path, [...set].sort()])),
    };
  }, [fields, rows]);
}
