import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { projectsQuery } from '../api/queries';
import { Icon } from '../components/Icon';
import { LogARun } from '../components/LogARun';
import { Shell } from '../components/Shell';
import { Empty, Failure, Skeleton } from '../components/states';
import { Ago } from '../components/time';
import { useShortcuts } from '../components/shortcuts';
import { useView } from '../components/view';
import { formatBytes, formatCount, plural } from '../lib/numbers';

/** All projects, the latest first. */
export function ProjectsPage() {
  const { data, error, refetch } = useQuery(projectsQuery);
  useEffect(() => {
    document.title = 'Tracker';
  }, []);
  const projects = data?.items ?? [];
  const [view, change] = useView();
  const find = view.find?.toLowerCase() ?? '';
  const found = projects.filter((project) => project.name.toLowerCase().includes(find));
  useShortcuts({ '/': () => document.querySelector<HTMLInputElement>('.find-project')?.focus() });
  return (
    <Shell running={data && projects.reduce((sum, project) => sum + project.running, 0)}>
      <div className="page narrow">
        <div className="page-head">
          <h1>Projects</h1>
          {projects.length > 8 && <input type="search" className="find-project" aria-label="Find a project" placeholder="Find a project" value={view.find ?? ''} onChange={(event) => change({ find: event.target.value || undefined })} />}
        </div>
        {error && !data && <Failure what="The projects could not be read." error={error} retry={() => void refetch()} />}
        {!data && !error && <Skeleton height={120} />}
        {data && projects.length === 0 && (
          <Empty title="No run has been logged yet.">
            <p>These lines log the first one; it appears here by itself.</p>
            <LogARun />
          </Empty>
        )}
        {projects.length > 0 && (
          <ul className="projects">
            {found.map((project) => (
              <li key={project.name}>
                <Link to="/projects/$project" params={{ project: project.name }} search={{}} className="project">
                  <span className="project-name">{project.name}</span>
                  <span className="project-runs">{plural(project.runs, 'run')} · {formatBytes(project.bytes)}</span>
                  <span>
                    {project.running > 0 && <span className="health" data-tone="ok"><Icon shape="dot" />{formatCount(project.running)} running</span>}
                  </span>
                  <span>
                    {project.openDiagnoses > 0
                      ? <span className="health" data-tone="crit"><Icon shape="crit" />{project.openDiagnoses === 1 ? '1 diagnosis' : `${formatCount(project.openDiagnoses)} diagnoses`}</span>
                      : <span className="health" data-tone="ok"><Icon shape="ok" />nothing found</span>}
                  </span>
                  <span className="project-time"><Ago time={project.lastActivityAt} /></span>
                </Link>
              </li>
            ))}
          </ul>
        )}
        {projects.length > 0 && found.length === 0 && <Empty title="No project is called so." />}
      </div>
    </Shell>
  );
}
