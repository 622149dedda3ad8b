import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useViewActions, viewsQuery, type SavedView } from '../api/views';
import { MenuItem, Popover } from './Popover';
import { readView, useView, type View } from './view';

interface Props {
  project: string;
  page: SavedView['page'];
}

/** What is kept of a view; the id under which it is kept is not part of it. */
const stateOf = ({ view: _, full: __, ...state }: View): Record<string, unknown> => ({ ...state });
const same = (a: Record<string, unknown>, b: Record<string, unknown>): boolean => {
  const text = (state: Record<string, unknown>) => JSON.stringify(Object.entries(state).filter(([, value]) => value !== undefined).sort(([x], [y]) => (x < y ? -1 : 1)));
  return text(a) === text(b);
};

/** The views of a project that were kept: opens one, keeps what is shown under a name. */
export function SavedViews({ project, page }: Props) {
  const [view, change] = useView();
  const views = useQuery(viewsQuery(project));
  const actions = useViewActions(project);
  const [name, setName] = useState('');
  const current = views.data?.find((item) => item.id === view.view);
  const changed = current !== undefined && !same(stateOf(readView(current.state)), stateOf(view));
  const list = views.data?.filter((item) => item.page === page) ?? [];

  // A link that names a view and nothing else opens it as it was kept.
  const bare = view.view !== undefined && Object.keys(stateOf(view)).length === 0;
  useEffect(() => {
    if (bare && current) change({ ...readView(current.state), view: current.id });
  }, [bare, current, change]);

  const open = (item: SavedView) => {
    const cleared = Object.fromEntries(Object.keys(view).map((key) => [key, undefined])) as Partial<View>;
    change({ ...cleared, ...readView(item.state), view: item.id }, true);
  };
  return (
    <Popover label={current ? `${current.name}${changed ? ' *' : ''}` : 'Views'} title={changed ? 'Changed since it was saved' : undefined} className="quiet views-button" onOpen={() => setName('')}>
      {(close) => (
        <div className="menu views">
          {list.map((item) => (
            <div key={item.id} className="views-line">
              <MenuItem checked={item.id === view.view} onClick={() => { open(item); close(); }}>{item.name}</MenuItem>
              <button type="button" className="quiet" aria-label={`Delete the view ${item.name}`} title="Delete" onClick={() => actions.remove.mutate(item.id)}>×</button>
            </div>
          ))}
          {views.data && list.length === 0 && <p className="views-none">No view of this page is saved yet. A view holds filter, columns, order, groups, runs and charts as you see them.</p>}
          <hr />
          {current && changed && <MenuItem onClick={() => { actions.change.mutate({ id: current.id, name: current.name, page, state: stateOf(view) }); close(); }}>Save the changes to {current.name}</MenuItem>}
          {current && <MenuItem onClick={() => { void navigator.clipboard.writeText(`${location.origin}${location.pathname}?view=${current.id}`); close(); }}>Copy the link to {current.name}</MenuItem>}
          <form
            className="views-form"
            onSubmit={(event) => {
              event.preventDefault();
              actions.create.mutate({ name: name.trim(), page, state: stateOf(view) }, { onSuccess: (kept) => change({ view: kept.id }) });
              close();
            }}
          >
            <input type="text" required maxLength={128} placeholder="Save this view as…" aria-label="Name of the view" value={name} onChange={(event) => setName(event.target.value)} />
            <button type="submit" className="primary" disabled={!name.trim()}>Save</button>
          </form>
          {(actions.create.error ?? actions.change.error ?? actions.remove.error) && <p role="alert" className="filter-wrong">{(actions.create.error ?? actions.change.error ?? actions.remove.error)!.message}</p>}
        </div>
      )}
    </Popover>
  );
}
