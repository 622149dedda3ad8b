import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useWatch } from '../api/hooks';
import { inboxQuery, useVerdicts, type InboxFilter } from '../api/inbox';
import { projectsQuery } from '../api/queries';
import type { Diagnosis, Verdict } from '../api/types';
import { DiagnosisCard, said, withOnset } from '../components/DiagnosisCard';
import { Icon } from '../components/Icon';
import { Shell } from '../components/Shell';
import { useShortcuts } from '../components/shortcuts';
import { Empty, Failure, Skeleton } from '../components/states';
import { Ago } from '../components/time';
import { useView, type View } from '../components/view';
import { bySeverity, toneOf, toneWord, type Tone } from '../lib/health';
import { formatCount, plural } from '../lib/numbers';
import { InboxFilters } from './inbox/InboxFilters';
import '../styles/inbox.css';

/** What is shown when nobody chose: what wants an answer. */
function filterOf(view: View, project: string | undefined): InboxFilter {
  return {
    project: project ?? view.project,
    state: view.state === 'all' ? undefined : view.state === 'resolved' ? 'resolved' : 'open',
    severity: view.severity ?? 'warn',
    verdict: view.verdict === 'any' ? undefined : view.verdict ?? (view.state === undefined ? 'none' : undefined),
    condition: view.condition,
  };
}

/** The diagnoses of all projects, or of one: the worst first, answered by keys, one or many at a time. */
export function InboxPage() {
  const { project } = useParams({ strict: false });
  const [view, change] = useView();
  const navigate = useNavigate();
  const filter = filterOf(view, project);
  const projects = useQuery(projectsQuery);
  const list = useInfiniteQuery(inboxQuery(filter));
  const here = projects.data?.items.find((item) => item.name === project);
  // Of all projects those are followed in which something runs; the rest is read when its number of diagnoses changes.
  const followed = useMemo(() => (project ? [project] : (projects.data?.items ?? []).filter((item) => item.running > 0).slice(0, 20).map((item) => item.name)), [project, projects.data]);
  useWatch('project', followed);
  const open = projects.data?.items.reduce((sum, item) => sum + item.openDiagnoses, 0);
  const { refetch } = list;
  useEffect(() => void (open !== undefined && refetch()), [open, refetch]);
  useEffect(() => {
    document.title = `${open ? `(${open}) ` : ''}Diagnoses${project ? ` · ${project}` : ''} · Tracker`;
  }, [project, open]);

  const items = useMemo(() => (list.data?.pages.flatMap((page) => page.items) ?? []).sort((a, b) => bySeverity({ ...a, onsetStep: 0 }, { ...b, onsetStep: 0 }) || b.updatedAt.localeCompare(a.updatedAt)), [list.data]);
  const [at, setAt] = useState(0);
  const [opened, setOpened] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const verdicts = useVerdicts();
  const current = items[Math.min(at, items.length - 1)];
  const selected = items.filter((item) => chosen.has(item.id));

  const answer = (verdict: Verdict | null) => {
    const ids = selected.length > 0 ? selected.map((item) => item.id) : current ? [current.id] : [];
    if (ids.length > 0) verdicts.mutate({ ids, verdict });
    setChosen(new Set());
  };
  const toggle = (id: string) => setChosen((old) => new Set(old.has(id) ? [...old].filter((other) => other !== id) : [...old, id]));
  useShortcuts({
    j: () => setAt(Math.min(items.length - 1, at + 1)),
    k: () => setAt(Math.max(0, at - 1)),
    x: () => current && toggle(current.id),
    '*': () => setChosen(selected.length === items.length ? new Set() : new Set(items.map((item) => item.id))),
    Enter: () => current && setOpened(opened === current.id ? null : current.id),
    o: () => current && void navigate({ to: '/runs/$run', params: { run: current.run }, search: {} }),
    a: () => answer('acknowledged'),
    c: () => answer('confirmed'),
    m: () => answer('muted'),
    w: () => answer('wrong'),
    u: () => answer(null),
  });

  return (
    <Shell project={project} open={here?.openDiagnoses} running={here?.running}>
      <div className="page inbox">
        <div className="page-head">
          <h1>Diagnoses{project ? '' : ' of all projects'}</h1>
          {list.data && <span className="inbox-count">{formatCount(items.length)}{list.hasNextPage ? ' and more' : ''}</span>}
        </div>
        <InboxFilters filter={filter} fixed={project !== undefined} projects={projects.data?.items.map((item) => item.name) ?? []} view={view} change={change} seen={items} />
        {list.error && !list.data && <Failure what="The diagnoses could not be read." error={list.error} retry={() => void refetch()} />}
        {list.isPending && <Skeleton height={240} />}
        {list.data && items.length === 0 && <Empty title="Nothing here wants an answer."><p>A diagnosis appears the moment it is raised. What was answered or is over is shown by the filters above.</p></Empty>}
        {selected.length > 0 && <Bulk count={selected.length} busy={verdicts.isPending} onAnswer={answer} onClear={() => setChosen(new Set())} />}
        {verdicts.error && <p className="said" role="alert">{verdicts.error.message}</p>}
        {[...Map.groupBy(items, (item) => toneOf(item.severity))].map(([tone, group]) => (
          <section key={tone} aria-label={toneWord[tone]}>
            <h2 className="section-name inbox-tone"><span className="health" data-tone={tone}><Icon shape={tone} />{headings[tone]}</span> <span>{formatCount(group.length)}</span></h2>
            <ul className="inbox-list">
              {group.map((item) => (
                <Row
                  key={item.id}
                  diagnosis={item}
                  showProject={project === undefined}
                  current={item === current}
                  chosen={chosen.has(item.id)}
                  open={opened === item.id}
                  onChoose={() => toggle(item.id)}
                  onOpen={() => {
                    setAt(items.indexOf(item));
                    setOpened(opened === item.id ? null : item.id);
                  }}
                />
              ))}
            </ul>
          </section>
        ))}
        {list.hasNextPage && <button type="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>Show more</button>}
        {items.length > 0 && <p className="inbox-keys">keys: <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>o</kbd> to the run · <kbd>x</kbd> select, <kbd>*</kbd> all · <kbd>a</kbd> acknowledge · <kbd>c</kbd> confirm · <kbd>m</kbd> mute · <kbd>w</kbd> wrong · <kbd>u</kbd> take back</p>}
      </div>
    </Shell>
  );
}

const headings: Record<Tone, string> = { crit: 'Critical', warn: 'Warnings', info: 'Notes', ok: 'Healthy' };

function Bulk({ count, busy, onAnswer, onClear }: { count: number; busy: boolean; onAnswer: (verdict: Verdict) => void; onClear: () => void }) {
  return (
    <div className="inbox-bulk" role="toolbar" aria-label="Selected diagnoses">
      <b>{plural(count, 'diagnosis').replace('diagnosiss', 'diagnoses')} selected</b>
      <button type="button" disabled={busy} onClick={() => onAnswer('acknowledged')}>Acknowledge</button>
      <button type="button" disabled={busy} onClick={() => onAnswer('confirmed')}>Confirm</button>
      <button type="button" disabled={busy} onClick={() => onAnswer('muted')}>Mute</button>
      <button type="button" disabled={busy} onClick={() => onAnswer('wrong')}>Wrong</button>
      <button type="button" className="quiet" onClick={onClear}>Clear</button>
    </div>
  );
}

interface RowProps {
  diagnosis: Diagnosis;
  showProject: boolean;
  current: boolean;
  chosen: boolean;
  open: boolean;
  onChoose: () => void;
  onOpen: () => void;
}

function Row({ diagnosis, showProject, current, chosen, open, onChoose, onOpen }: RowProps) {
  const navigate = useNavigate();
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) row.current?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const word = diagnosis.state === 'resolved' ? 'resolved' : diagnosis.verdict ? said[diagnosis.verdict].toLowerCase() : '';
  return (
    <li ref={row} className="inbox-row" data-current={current || undefined} data-tone={toneOf(diagnosis.severity)}>
      <div className="inbox-line">
        <input type="checkbox" checked={chosen} onChange={onChoose} aria-label={`Select ${diagnosis.title} of ${diagnosis.runName}`} />
        <button type="button" className="inbox-title" aria-expanded={open} onClick={onOpen}>{withOnset(diagnosis)}</button>
        <span className="inbox-cause">{diagnosis.causes[0]?.title ?? ''}</span>
        <span className="inbox-where">
          <Link to="/runs/$run" params={{ run: diagnosis.run }} search={{}}>{diagnosis.runName}</Link>
          {showProject && <> · <Link to="/projects/$project/diagnoses" params={{ project: diagnosis.project }} search={{}}>{diagnosis.project}</Link></>}
        </span>
        <span className="inbox-said">{word}</span>
        <span className="inbox-time"><Ago time={diagnosis.updatedAt} /></span>
      </div>
      {open && (
        <DiagnosisCard
          diagnosis={diagnosis}
          fresh={false}
          onEvidence={(series, from, to) => {
            const air = Math.max(5, (to - from) / 2);
            void navigate({ to: '/runs/$run', params: { run: diagnosis.run }, search: { from: Math.max(0, Math.floor(from - air)), to: Math.ceil(to + air) }, hash: `series-${series}` });
          }}
        />
      )}
    </li>
  );
}
