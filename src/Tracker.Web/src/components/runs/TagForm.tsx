import { useState, type FormEvent } from 'react';

interface Props {
  /** Tags that all, or some, of the runs have. */
  present: readonly { tag: string; all: boolean }[];
  known: readonly string[];
  onApply: (add: string[], drop: string[]) => void;
}

/** Puts tags on runs and takes tags from them. */
export function TagForm({ present, known, onApply }: Props) {
  const [text, setText] = useState('');
  const [kept, setKept] = useState(() => new Map(present.map(({ tag, all }) => [tag, all ? true : null])));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const added = text.split(',').map((tag) => tag.trim()).filter(Boolean);
    const before = new Map(present.map(({ tag, all }) => [tag, all ? true : null]));
    const changed = [...kept].filter(([tag, on]) => on !== before.get(tag));
    onApply([...added, ...changed.filter(([, on]) => on === true).map(([tag]) => tag)], changed.filter(([, on]) => on === false).map(([tag]) => tag));
  };
  return (
    <form className="picker" onSubmit={submit}>
      <input type="text" list="known-tags" placeholder="New tags, with commas between" aria-label="New tags" value={text} onChange={(event) => setText(event.target.value)} autoFocus />
      <datalist id="known-tags">{known.map((tag) => <option key={tag} value={tag} />)}</datalist>
      {kept.size > 0 && (
        <ul className="picker-list">
          {[...kept].map(([tag, on]) => (
            <li key={tag}>
              <label>
                <input
                  type="checkbox"
                  checked={on === true}
                  ref={(box) => {
                    if (box) box.indeterminate = on === null;
                  }}
                  onChange={() => setKept(new Map(kept).set(tag, on !== true))}
                />
                <span>{tag}</span>{on === null && <small>some of them</small>}
              </label>
            </li>
          ))}
        </ul>
      )}
      <p className="picker-foot"><button type="submit" className="primary">Apply</button></p>
    </form>
  );
}

/** The tags of runs, and whether all of them have each. */
export function tagsOf(rows: readonly { tags: readonly string[] }[]): { tag: string; all: boolean }[] {
  const counts = new Map<string, number>();
  for (const row of rows) for (const tag of row.tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].map(([tag, count]) => ({ tag, all: count === rows.length }));
}
