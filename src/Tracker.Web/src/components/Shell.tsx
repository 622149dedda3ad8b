import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useLiveStatus } from '../api/hooks';
import { toggleTheme, useTheme } from '../charts/theme';
import { formatClock } from '../lib/times';
import { AccountMenu } from './AccountMenu';
import { Icon } from './Icon';
import { setOverlay } from './overlay';
import { Ago } from './time';
import { readView, type View } from './view';

interface Props {
  project?: string | undefined;
  run?: { id: string; name: string } | undefined;
  open?: number | undefined;
  running?: number | undefined;
  children: ReactNode;
}

/** The frame of every page: where one is, where one can go, whether the data is live. */
export function Shell({ project, run, open, running, children }: Props) {
  return (
    <>
      <a className="skip" href="#main">Skip to content</a>
      <header className="bar">
        <Link to="/" search={{}} className="brand">Tracker</Link>
        <nav aria-label="Where you are" className="crumbs">
          {project && <><i aria-hidden="true">▸</i><Link to="/projects/$project" params={{ project }} search={{}}>{project}</Link></>}
          {run && <><i aria-hidden="true">▸</i><Link to="/runs/$run" params={{ run: run.id }} search={{}}>{run.name}</Link></>}
        </nav>
        {project ? <ProjectNav project={project} open={open} inRun={run !== undefined} /> : <GlobalNav />}
        <div className="bar-end">
          <button type="button" className="jump" onClick={() => setOverlay('palette')}><span>Search or jump to…</span> <kbd>⌘K</kbd></button>
          <LiveBadge />
          {running !== undefined && <span className="bar-running">{running} running</span>}
          <ThemeButton />
          <AccountMenu />
        </div>
      </header>
      <LostBanner />
      <main id="main" tabIndex={-1}>{children}</main>
    </>
  );
}

/** The pages over all projects. */
function GlobalNav() {
  const options = { exact: true, includeSearch: false };
  return (
    <nav aria-label="Everything" className="nav">
      <Link to="/" search={{}} activeOptions={options}>Projects</Link>
      <Link to="/diagnoses" search={{}} activeOptions={options}>Diagnoses</Link>
      <Link to="/gallery" search={{}} activeOptions={options}>Gallery</Link>
    </nav>
  );
}

/** The pages of a project. Those that show runs keep the view: the same filter, the same runs on the charts. */
function ProjectNav({ project, open, inRun }: { project: string; open: number | undefined; inRun: boolean }) {
  const params = { project };
  const keep = inRun ? {} : (old: View) => kept(old);
  const options = { exact: true, includeSearch: false };
  return (
    <nav aria-label="Project" className="nav">
      <Link to="/projects/$project" params={params} search={keep} activeOptions={options} data-current={inRun || undefined}>Runs</Link>
      <Link to="/projects/$project/charts" params={params} search={keep} activeOptions={options}>Charts</Link>
      <Link to="/projects/$project/compare" params={params} search={keep} activeOptions={options}>Compare</Link>
      <Link to="/projects/$project/diagnoses" params={params} search={{}} activeOptions={options}>
        Diagnoses {open ? <b className="count">{open}</b> : null}
      </Link>
      <Link to="/projects/$project/alerts" params={params} search={{}} activeOptions={options}>Alerts</Link>
      <Link to="/projects/$project/settings" params={params} search={{}} activeOptions={options}>Settings</Link>
    </nav>
  );
}

/** What of a view holds on every page of its project. */
const kept = ({ filter, runs, order, group, sum, paint, cols, side, reference }: View): View => readView({ filter, runs, order, group, sum, paint, cols, side, reference });

function LiveBadge() {
  const { state } = useLiveStatus();
  const tone = state === 'live' ? 'ok' : state === 'lost' ? 'warn' : 'none';
  return (
    <span className="health" data-tone={tone} role="status">
      <Icon shape={state === 'live' ? 'dot' : state === 'lost' ? 'warn' : 'ring'} />
      {state === 'live' ? 'live' : state === 'lost' ? 'not live' : 'connecting'}
    </span>
  );
}

function LostBanner() {
  const { state, since, retry } = useLiveStatus();
  if (state !== 'lost') return null;
  return (
    <div className="banner" role="alert">
      <Icon shape="warn" />
      <span>The connection to the server is lost. What you see is from {formatClock(since)} (<Ago time={since} />). Trying again.</span>
      <button type="button" onClick={retry}>Try now</button>
    </div>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button type="button" className="quiet icon-button" onClick={toggleTheme} aria-label={`Show in ${other}`} title={`Show in ${other}`}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {theme === 'dark'
          ? <path d="M8 1.5v1.6M8 12.9v1.6M1.5 8h1.6M12.9 8h1.6M3.4 3.4l1.1 1.1M11.5 11.5l1.1 1.1M3.4 12.6l1.1-1.1M11.5 4.5l1.1-1.1M11 8a3 3 0 1 1-6 0 3 3 0 0 1 6 0z" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinecap="round" />
          : <path d="M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z" fill="none" stroke="currentColor" strokeWidth="1.3" strokeLinejoin="round" />}
      </svg>
    </button>
  );
}
