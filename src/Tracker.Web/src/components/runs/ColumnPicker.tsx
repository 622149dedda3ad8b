import { useMemo, useState } from 'react';
import type { ProjectFields } from '../../api/rows';
import type { Column } from '../../lib/columns';
import { Popover } from '../Popover';
import { labelOf } from './GridHead';

interface Props {
  columns: readonly Column[];
  fields: ProjectFields | undefined;
  onChange: (columns: Column[] | null) => void;
}

const own = ['health', 'spark'];
const most = 60;

/** Chooses the columns: what the runs of the project have, searched by name. */
export function ColumnPicker({ columns, fields, onChange }: Props) {
  const [find, setFind] = useState('');
  const choices = useMemo(() => choicesOf(fields), [fields]);
  const shown = new Set(columns.map((column) => column.field));
  const words = find.toLowerCase().split(/\s+/);
  const found = choices.filter(({ field, kind }) => words.every((word) => `${kind} ${field} ${labelOf(field)}`.toLowerCase().includes(word)));
  const toggle = (field: string) => onChange(shown.has(field) ? columns.filter((column) => column.field !== field) : [...columns, { field }]);
  return (
    <Popover label="Columns" className="quiet" onOpen={() => setFind('')}>
      {() => (
        <div className="picker">
          <input type="search" placeholder="Metrics, config, attributes" aria-label="Find columns" value={find} onChange={(event) => setFind(event.target.value)} autoFocus />
          <ul className="picker-list">
            {found.slice(0, most).map(({ field, kind }) => (
              <li key={field}>
                <label>
                  <input type="checkbox" checked={shown.has(field)} disabled={field === 'name'} onChange={() => toggle(field)} />
                  <span>{labelOf(field)}</span><small>{kind}</small>
                </label>
              </li>
            ))}
          </ul>
          <p className="picker-foot">
            {found.length > most ? `${found.length - most} more: write a part of the name` : found.length === 0 ? 'None of the runs has such a field.' : `${shown.size} shown`}
            <button type="button" className="link" onClick={() => onChange(null)}>Usual columns</button>
          </p>
        </div>
      )}
    </Popover>
  );
}

function choicesOf(fields: ProjectFields | undefined): { field: string; kind: string }[] {
  if (!fields) return [];
  return [
    { field: 'name', kind: 'attribute' },
    ...own.map((field) => ({ field, kind: 'of Tracker' })),
    ...fields.attributes.filter((name) => name !== 'name' && name !== 'project' && name !== 'diagnoses.condition').map((field) => ({ field, kind: 'attribute' })),
    ...fields.config.map(({ field }) => ({ field, kind: 'config' })),
    ...fields.metrics.map(({ field }) => ({ field, kind: 'metric' })),
  ];
}
