import type { RefObject } from 'react';
import type uPlot from 'uplot';
import { query, segment } from '../api/client';
import { csvOf, pictureOf } from '../charts/exporting';
import type { Line } from '../charts/model';
import type { Source } from './DataChart';
import { MenuItem, Popover } from './Popover';
import { save } from './save';
import { listOf, toggled, useView } from './view';

interface Props {
  chart: string;
  title: string;
  lines: readonly Line[];
  sources: readonly Source[];
  axis: string;
  plot: RefObject<uPlot | null>;
  full: boolean;
  calm: boolean;
}

/** The last two of a chart's quiet buttons: full screen, and what is asked for less often. */
export function ChartMenu({ chart, title, lines, sources, axis, plot, full, calm }: Props) {
  const [view, change] = useView();
  const runs = [...new Set(sources.map((source) => source.run))];
  const names = [...new Set(sources.map((source) => source.name))];
  return (
    <>
      <button type="button" className="quiet" aria-pressed={full} onClick={() => change({ full: full ? undefined : chart }, true)}>{full ? 'close' : 'full screen'}</button>
      <Popover label="⋯" name={`More about ${title}`}>
        {(close) => {
          const done = (action: () => unknown) => () => {
            close();
            void action();
          };
          return (
            <div className="menu">
              <MenuItem checked={calm} onClick={() => change({ calm: view.calm === '*' ? undefined : toggled(view.calm, chart) })}>Ignore outliers</MenuItem>
              <MenuItem checked={listOf(view.pins).includes(chart)} onClick={done(() => change({ pins: toggled(view.pins, chart) }))}>Pinned on top</MenuItem>
              <hr />
              <MenuItem onClick={done(async () => {
                const picture = plot.current && (await pictureOf(plot.current, title, lines));
                if (picture) save(`${title}.png`, 'image/png', picture);
              })}>Save as a picture (PNG)</MenuItem>
              <MenuItem onClick={done(() => save(`${title}.csv`, 'text/csv', csvOf(lines, axis)))}>Save what is shown (CSV)</MenuItem>
              {runs.slice(0, 8).map((run) => (
                <a key={run} className="menu-item" href={`/api/v1/runs/${segment(run)}/points${query({ name: names, format: 'csv' })}`} download={`${run}-${title}.csv`.replace(/[^\w.-]+/g, '-')} onClick={close}>
                  Every point{runs.length > 1 ? ` of ${sources.find((source) => source.run === run)?.label ?? run}` : ''} (CSV)
                </a>
              ))}
              <hr />
              <MenuItem onClick={done(() => navigator.clipboard.writeText(`${location.origin}${location.pathname}${location.search}#chart-${chart}`))}>Copy a link to it</MenuItem>
            </div>
          );
        }}
      </Popover>
    </>
  );
}
