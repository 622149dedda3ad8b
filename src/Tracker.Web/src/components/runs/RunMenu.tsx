import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useRunActions } from '../../api/runActions';
import { useTheme } from '../../charts/theme';
import type { Row } from '../../lib/fields';
import { colourOf } from '../../lib/palette';
import { colourCount, painted, readPaint } from '../colours';
import { MenuItem, Popover } from '../Popover';
import { useView } from '../view';
import { TagForm, tagsOf } from './TagForm';

/** What can be done with one run, behind its name. */
export function RunMenu({ row, project, tags }: { row: Row; project: string; tags: readonly string[] }) {
  return (
    <Popover label="⋯" name={`More about ${row.name}`} className="quiet line-menu">
      {(close) => <Menu row={row} project={project} tags={tags} close={close} />}
    </Popover>
  );
}

function Menu({ row, project, tags, close }: { row: Row; project: string; tags: readonly string[]; close: () => void }) {
  const [part, setPart] = useState<'menu' | 'name' | 'notes' | 'tags' | 'group'>('menu');
  const actions = useRunActions(project);
  const navigate = useNavigate();
  const [view, change] = useView();
  const isReference = view.reference === row.id;
  const edit = (change: Parameters<typeof actions.change.mutate>[0]['change']) => {
    actions.change.mutate({ runs: [row.id], change });
    close();
  };
  if (part === 'tags') {
    return <TagForm present={tagsOf([row])} known={tags} onApply={(add, drop) => { actions.tag.mutate({ runs: [row], add, drop }); close(); }} />;
  }
  if (part !== 'menu') return <TextForm label={{ name: 'Name', notes: 'Notes', group: 'Group' }[part]} long={part === 'notes'} text={row[part] ?? ''} onSave={(text) => edit({ [part]: text })} />;
  const done = (action: () => void) => () => {
    action();
    close();
  };
  if (row.deletedAt) {
    return (
      <div className="menu">
        <MenuItem onClick={done(() => actions.restore.mutate([row.id]))}>Restore</MenuItem>
        <MenuItem danger onClick={done(() => actions.remove.mutate({ runs: [row.id], permanently: true }))}>Delete for good</MenuItem>
      </div>
    );
  }
  return (
    <div className="menu">
      <MenuItem onClick={() => void navigate({ to: '/runs/$run', params: { run: row.id }, search: {} })}>Open</MenuItem>
      <MenuItem onClick={done(() => void navigator.clipboard.writeText(row.id))}>Copy its id</MenuItem>
      <MenuItem checked={isReference} onClick={done(() => change({ reference: isReference ? undefined : row.id }))}>Reference, with a band</MenuItem>
      <hr />
      <MenuItem onClick={() => setPart('name')}>Rename…</MenuItem>
      <MenuItem onClick={() => setPart('tags')}>Tags…</MenuItem>
      <MenuItem onClick={() => setPart('group')}>Group…</MenuItem>
      <MenuItem onClick={() => setPart('notes')}>Notes…</MenuItem>
      <Colours run={row.id} />
      <hr />
      {row.state === 'running' && <MenuItem disabled={row.stop !== null} onClick={done(() => actions.stop.mutate([row.id]))}>{row.stop ? 'Stop requested' : 'Stop'}</MenuItem>}
      <MenuItem danger onClick={done(() => actions.remove.mutate({ runs: [row.id] }))}>Move to the trash</MenuItem>
    </div>
  );
}

function Colours({ run }: { run: string }) {
  const theme = useTheme();
  const [view, change] = useView();
  const chosen = readPaint(view.paint).get(run);
  return (
    <div className="menu-colours" role="group" aria-label="Colour">
      {Array.from({ length: colourCount }, (_, i) => (
        <button
          key={i}
          type="button"
          aria-label={`Colour ${i + 1}`}
          aria-pressed={chosen === i}
          style={{ background: colourOf(i, theme) }}
          onClick={() => change({ paint: painted(view.paint, run, chosen === i ? null : i) })}
        />
      ))}
    </div>
  );
}

function TextForm({ label, long, text, onSave }: { label: string; long: boolean; text: string; onSave: (text: string) => void }) {
  const [value, setValue] = useState(text);
  return (
    <form
      className="picker"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(value);
      }}
    >
      {long
        ? <textarea aria-label={label} rows={6} value={value} onChange={(event) => setValue(event.target.value)} autoFocus />
        : <input type="text" aria-label={label} required={label === 'Name'} value={value} onChange={(event) => setValue(event.target.value)} autoFocus />}
      <p className="picker-foot"><button type="submit" className="primary">Save</button></p>
    </form>
  );
}
