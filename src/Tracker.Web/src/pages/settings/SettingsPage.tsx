import { getRouteApi } from '@tanstack/react-router';
import { Shell } from '../../components/Shell';
import { Empty } from '../../components/states';

const route = getRouteApi('/projects/$project/settings');

export function SettingsPage() {
  const { project } = route.useParams();
  return <Shell project={project}><Empty page title="settings" /></Shell>;
}
