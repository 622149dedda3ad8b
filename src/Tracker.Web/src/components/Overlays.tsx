import { lazy, Suspense } from 'react';
import { setOverlay, useOverlay } from './overlay';
import { useShortcuts } from './shortcuts';

const Palette = lazy(() => import('./Palette').then((module) => ({ default: module.Palette })));
const Help = lazy(() => import('./Help').then((module) => ({ default: module.Help })));

/** What lies over every page when it is called: the command palette and the list of keys. */
export function Overlays() {
  const shown = useOverlay();
  useShortcuts({ 'mod+k': () => setOverlay(shown === 'palette' ? null : 'palette'), '?': () => setOverlay('help') });
  return (
    <Suspense>
      {shown === 'palette' && <Palette />}
      {shown === 'help' && <Help />}
    </Suspense>
  );
}
