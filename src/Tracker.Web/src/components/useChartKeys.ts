import { hoveredChart } from '../charts/hovered';
import { useShortcuts } from './shortcuts';
import { toggled, useView } from './view';

/** Keys that act on the chart under the pointer, or on the one that fills the page. */
export function useChartKeys(): void {
  const [view, change] = useView();
  const act = (action: (chart: string) => void) => () => {
    const chart = view.full ?? hoveredChart();
    if (chart) action(chart);
  };
  useShortcuts({
    f: act((chart) => change({ full: view.full === chart ? undefined : chart }, true)),
    l: act((chart) => change({ log: toggled(view.log, chart) })),
    m: act((chart) => change({ raw: toggled(view.raw, chart) })),
    o: act((chart) => change({ calm: toggled(view.calm === '*' ? undefined : view.calm, chart) })),
    ...(view.full && { Escape: () => change({ full: undefined }, true) }),
  });
}
