import { getRouteApi } from '@tanstack/react-router';
import { Shell } from '../../components/Shell';
import { Empty } from '../../components/states';

const route = getRouteApi('/projects/$project/compare');

export function ComparePage() {
  const { project } = route.useParams();
  return <Shell project={project}><Empty page title="compare" /></Shell>;
}
