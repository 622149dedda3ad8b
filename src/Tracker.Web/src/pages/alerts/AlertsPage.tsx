import { getRouteApi } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useWatch } from '../../api/hooks';
import { Shell } from '../../components/Shell';
import { useView } from '../../components/view';
import '../../styles/alerts.css';
import { Channels } from './Channels';
import { Deliveries } from './Deliveries';
import { History } from './History';
import { Mutes } from './Mutes';
import { Rules } from './Rules';
import { Stopping } from './Stopping';

const route = getRouteApi('/projects/$project/alerts');

const tabs = { history: 'History', deliveries: 'Deliveries', channels: 'Channels', rules: 'Rules', stopping: 'Stopping', mutes: 'Mutes' };

/** What was told of a project, to whom and how it went; who is told what. */
export function AlertsPage() {
  const { project } = route.useParams();
  const [view, change] = useView();
  const tab = view.tab !== undefined && view.tab in tabs ? (view.tab as keyof typeof tabs) : 'history';
  useWatch('project', [project]);
  useEffect(() => {
    document.title = `Alerts · ${project} · Tracker`;
  }, [project]);

  return (
    <Shell project={project}>
      <div className="page narrow alerts">
        <div className="page-head"><h1>Alerts</h1></div>
        <div className="tabs" role="tablist" aria-label="Parts of the page">
          {Object.entries(tabs).map(([key, name]) => (
            <button key={key} type="button" role="tab" aria-selected={key === tab} onClick={() => change({ tab: key === 'history' ? undefined : key })}>{name}</button>
          ))}
        </div>
        <div role="tabpanel" aria-label={tabs[tab]}>
          {tab === 'history' && <History project={project} />}
          {tab === 'deliveries' && <Deliveries project={project} />}
          {tab === 'channels' && <Channels project={project} />}
          {tab === 'rules' && <Rules project={project} />}
          {tab === 'stopping' && <Stopping project={project} />}
          {tab === 'mutes' && <Mutes project={project} />}
        </div>
      </div>
    </Shell>
  );
}
