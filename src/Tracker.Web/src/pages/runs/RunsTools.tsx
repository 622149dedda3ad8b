import { useState } from 'react';
import { readRows } from '../../api/rows';
import { ColumnPicker } from '../../components/runs/ColumnPicker';
import { labelOf } from '../../components/runs/GridHead';
import { MenuItem, Popover } from '../../components/Popover';
import { SavedViews } from '../../components/SavedViews';
import { save } from '../../components/save';
import { writeCsv } from '../../lib/csv';
import { parseField, valueOf, type Row } from '../../lib/fields';
import { aggregates } from '../../lib/groups';
import type { useRunsTable } from './useRunsTable';

type Table = ReturnType<typeof useRunsTable>;

const mostExported = 100_000;

/** What holds for the table as a whole: columns, groups, trash, export. */
export function RunsTools({ project, table }: { project: string; table: Table }) {
  const { view, change, columns, fields, grouped, sum } = table;
  return (
    <div className="tools">
      <SavedViews project={project} page="runs" />
      <GroupPicker table={table} />
      {grouped.length > 0 && (
        <label>
          shows
          <select value={sum} onChange={(event) => change({ sum: event.target.value })}>
            {aggregates.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      )}
      <ColumnPicker columns={columns} fields={fields} onChange={table.setColumns} />
      <ExportButton project={project} table={table} />
      <button type="button" className="quiet" aria-pressed={view.trash === true} onClick={() => change({ trash: view.trash ? undefined : true }, true)}>Trash</button>
    </div>
  );
}

/** Chooses what runs are grouped by: up to three fields. */
export function GroupPicker({ table: { fields, grouped, change } }: { table: Table }) {
  const choices = ['group', 'state', 'jobType', 'tags', ...(fields?.config.map(({ field }) => field) ?? [])];
  const toggle = (field: string) => change({ group: (grouped.includes(field) ? grouped.filter((other) => other !== field) : [...grouped, field].slice(-3)).join(',') || undefined });
  return (
    <Popover label={grouped.length > 0 ? `Grouped by ${grouped.map(labelOf).join(', ')}` : 'Group'} className="quiet">
      {(close) => (
        <div className="menu scrolled">
          {grouped.length > 0 && <MenuItem onClick={() => { change({ group: undefined }); close(); }}>Ungroup</MenuItem>}
          {choices.map((field) => <MenuItem key={field} checked={grouped.includes(field)} onClick={() => toggle(field)}>{labelOf(field)}</MenuItem>)}
        </div>
      )}
    </Popover>
  );
}

/** A run's values in these columns; the curve and the health as words. */
const cellsOf = (row: Row, columns: readonly string[]): unknown[] =>
  [row.id, ...columns.map((field) => (field === 'health' ? row.diagnoses.map((diagnosis) => diagnosis.title).join('; ') : valueOf(row, parseField(field))))];

function ExportButton({ project, table: { columns, request } }: { project: string; table: Table }) {
  const [state, setState] = useState<'idle' | 'reading' | string>('idle');
  const write = async () => {
    setState('reading');
    try {
      const names = columns.map((column) => column.field).filter((field) => !field.startsWith('spark'));
      const rows = await readRows(project, request, mostExported, new AbortController().signal);
      save(`${project}-runs.csv`, 'text/csv', writeCsv([['id', ...names], ...rows.map((row) => cellsOf(row, names))]));
      setState('idle');
    } catch (error) {
      setState((error as Error).message);
    }
  };
  return (
    <>
      <button type="button" className="quiet" disabled={state === 'reading'} onClick={() => void write()} title="All runs that the filter finds, with the columns that are shown">{state === 'reading' ? 'Reading…' : 'CSV'}</button>
      {state !== 'idle' && state !== 'reading' && <span role="alert">{state}</span>}
    </>
  );
}
