import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { call, query } from '../api/client';
import { projectsQuery, runQuery } from '../api/queries';
import type { Page } from '../api/types';
import { viewsQuery } from '../api/views';
import { toggleTheme } from '../charts/theme';
import type { Row } from '../lib/fields';
import { asFilter } from '../lib/filter';
import { plural } from '../lib/numbers';
import { Dialog } from './Dialog';
import { setOverlay } from './overlay';

interface Command {
  key: string;
  kind: string;
  text: string;
  note?: string | undefined;
  go: () => void;
}

const most = 14;

/** Search and jump: projects, runs by name or id, pages, saved views, and a few things to do. */
export function Palette() {
  const navigate = useNavigate();
  const params = useParams({ strict: false });
  const ofRun = useQuery({ ...runQuery(params.run ?? ''), enabled: params.run !== undefined }).data?.project;
  const project = params.project ?? ofRun;
  const [text, setText] = useState('');
  const [wanted, setWanted] = useState('');
  const [at, setAt] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(text.trim()), 100);
    return () => clearTimeout(timer);
  }, [text]);

  const projects = useQuery(projectsQuery);
  const views = useQuery({ ...viewsQuery(project ?? ''), enabled: project !== undefined });
  const runs = useQuery({
    queryKey: ['find', project ?? '', wanted],
    queryFn: ({ signal }) => call<Page<Row & { project: string }>>(`/runs${query({ filter: asFilter(wanted) || undefined, fields: 'name,project,state', limit: 12, project: wanted ? undefined : project })}`, { signal }),
    // Half a filter is no mistake here: it finds nothing yet.
    retry: false,
  });

  const commands = useMemo(() => {
    const has = (words: string) => text.toLowerCase().split(/\s+/).every((word) => words.toLowerCase().includes(word));
    const to = (action: () => unknown) => () => {
      setOverlay(null);
      void action();
    };
    const list: Command[] = [];
    if (project) {
      const page = (name: string, path: '/projects/$project' | '/projects/$project/charts' | '/projects/$project/compare' | '/projects/$project/diagnoses' | '/projects/$project/settings') =>
        list.push({ key: `page ${name}`, kind: 'Page', text: `${project}: ${name}`, go: to(() => navigate({ to: path, params: { project }, search: {} })) });
      page('Runs', '/projects/$project');
      page('Charts', '/projects/$project/charts');
      page('Compare', '/projects/$project/compare');
      page('Diagnoses', '/projects/$project/diagnoses');
      page('Settings', '/projects/$project/settings');
      for (const view of views.data ?? []) {
        list.push({ key: `view ${view.id}`, kind: 'View', text: view.name, note: project, go: to(() => navigate({ to: view.page === 'runs' ? '/projects/$project' : `/projects/$project/${view.page}`, params: { project }, search: { view: view.id } } as never)) });
      }
    }
    for (const item of projects.data?.items ?? []) {
      list.push({ key: `project ${item.name}`, kind: 'Project', text: item.name, note: plural(item.runs, 'run'), go: to(() => navigate({ to: '/projects/$project', params: { project: item.name }, search: {} })) });
    }
    list.push({ key: 'inbox', kind: 'Page', text: 'Diagnoses of all projects', go: to(() => navigate({ to: '/diagnoses', search: {} })) });
    list.push({ key: 'gallery', kind: 'Page', text: 'Gallery: what failures look like', go: to(() => navigate({ to: '/gallery', search: {} })) });
    list.push({ key: 'theme', kind: 'Do', text: 'Show in the other theme, light or dark', go: to(toggleTheme) });
    list.push({ key: 'help', kind: 'Do', text: 'Show all keys', go: () => setOverlay('help') });
    list.push({ key: 'link', kind: 'Do', text: 'Copy the link to this view', go: to(() => navigator.clipboard.writeText(location.href)) });
    const found = list.filter((command) => has(`${command.kind} ${command.text}`));
    // What is listed may be of the text before: only what still fits is offered, the run of just this name first.
    const now = text.trim().toLowerCase();
    const fits = (run: Row) => now === wanted.toLowerCase() || `${run.name} ${run.id}`.toLowerCase().includes(now);
    const place = (run: Row) => (run.name.toLowerCase() === now || run.id.toLowerCase() === now ? 0 : 1);
    const foundRuns = (runs.data?.items ?? []).filter(fits).sort((a, b) => place(a) - place(b)).map((run): Command => ({
      key: `run ${run.id}`, kind: 'Run', text: run.name, note: `${run.project} · ${run.state}${run.name === run.id ? '' : ` · ${run.id}`}`, go: to(() => navigate({ to: '/runs/$run', params: { run: run.id }, search: {} })),
    }));
    return (text ? [...found.slice(0, 6), ...foundRuns, ...found.slice(6)] : [...found.slice(0, 8), ...foundRuns.slice(0, 4)]).slice(0, most);
  }, [text, wanted, project, projects.data, views.data, runs.data, navigate]);

  const onKeyDown = (event: KeyboardEvent) => {
    const way = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (way !== 0) {
      event.preventDefault();
      setAt((at + way + commands.length) % Math.max(1, commands.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      commands[at]?.go();
    }
  };
  return (
    <Dialog name="Search and jump" className="palette" onClose={() => setOverlay(null)}>
      <input
        role="combobox"
        aria-label="Search or jump to"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={commands[at] ? `palette-${at}` : undefined}
        placeholder="A run, a project, a page, something to do"
        autoFocus
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-list" role="listbox" aria-label="Found">
        {commands.map((command, i) => (
          <li key={command.key} id={`palette-${i}`} role="option" aria-selected={i === at} onPointerMove={() => setAt(i)} onClick={command.go}>
            <small>{command.kind}</small><span>{command.text}</span>{command.note && <em>{command.note}</em>}
          </li>
        ))}
        {commands.length === 0 && <li role="option" aria-selected="false" className="palette-none">Nothing is called so.</li>}
      </ul>
    </Dialog>
  );
}
