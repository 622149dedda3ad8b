import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link, Outlet } from '@tanstack/react-router';
import { catalogueQuery, diagnosesQuery, runQuery } from './api/queries';
import { queryClient } from './api/queryClient';
import { fieldsQuery } from './api/rows';
import { Overlays } from './components/Overlays';
import { Shell } from './components/Shell';
import { Empty } from './components/states';
import { readView } from './components/view';

const root = createRootRoute({ validateSearch: readView, component: Root, notFoundComponent: NotFound });

function Root() {
  return <><Outlet /><Overlays /></>;
}

function NotFound() {
  return (
    <Shell>
      <Empty page title="There is no such page.">
        <Link to="/">All projects</Link>
      </Empty>
    </Shell>
  );
}

// What a page needs first is read while its script comes. What is there is kept fresh by other means: a loader is called at each change of the view.
const read = (...queries: readonly { queryKey: readonly unknown[] }[]): void => {
  for (const query of queries) if (queryClient.getQueryState(query.queryKey) === undefined) void queryClient.prefetchQuery(query);
};
const run = ({ params }: { params: { run: string } }) => read(runQuery(params.run), catalogueQuery(params.run), diagnosesQuery(params.run));
const fields = ({ params }: { params: { project: string } }) => read(fieldsQuery(params.project));

const routes = [
  createRoute({ getParentRoute: () => root, path: '/', component: lazyRouteComponent(() => import('./pages/ProjectsPage'), 'ProjectsPage') }),
  createRoute({ getParentRoute: () => root, path: '/projects/$project', loader: fields, component: lazyRouteComponent(() => import('./pages/runs/RunsPage'), 'RunsPage') }),
  createRoute({ getParentRoute: () => root, path: '/projects/$project/charts', loader: fields, component: lazyRouteComponent(() => import('./pages/workspace/WorkspacePage'), 'WorkspacePage') }),
  createRoute({ getParentRoute: () => root, path: '/projects/$project/compare', component: lazyRouteComponent(() => import('./pages/compare/ComparePage'), 'ComparePage') }),
  createRoute({ getParentRoute: () => root, path: '/projects/$project/settings', component: lazyRouteComponent(() => import('./pages/settings/SettingsPage'), 'SettingsPage') }),
  createRoute({ getParentRoute: () => root, path: '/projects/$project/diagnoses', component: lazyRouteComponent(() => import('./pages/InboxPage'), 'InboxPage') }),
  createRoute({ getParentRoute: () => root, path: '/diagnoses', component: lazyRouteComponent(() => import('./pages/InboxPage'), 'InboxPage') }),
  createRoute({ getParentRoute: () => root, path: '/gallery', component: lazyRouteComponent(() => import('./pages/GalleryPage'), 'GalleryPage') }),
  createRoute({ getParentRoute: () => root, path: '/projects/$project/alerts', component: lazyRouteComponent(() => import('./pages/alerts/AlertsPage'), 'AlertsPage') }),
  createRoute({ getParentRoute: () => root, path: '/login', component: lazyRouteComponent(() => import('./pages/access/LoginPage'), 'LoginPage') }),
  createRoute({ getParentRoute: () => root, path: '/invite/$token', component: lazyRouteComponent(() => import('./pages/access/InvitePage'), 'InvitePage') }),
  createRoute({ getParentRoute: () => root, path: '/access', component: lazyRouteComponent(() => import('./pages/access/AccessPage'), 'AccessPage') }),
  createRoute({ getParentRoute: () => root, path: '/runs/$run', loader: run, component: lazyRouteComponent(() => import('./pages/RunPage'), 'RunPage') }),
];

export const router = createRouter({ routeTree: root.addChildren(routes), defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
