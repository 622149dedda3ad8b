import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { schedule } from './schedule';

export type PlotData = [null, ...[x: number[], y: (number | null)[]][]];

interface Props {
  /** Memoise it: a new object makes a new plot. */
  options: Omit<uPlot.Options, 'width' | 'height'>;
  data: PlotData;
  width: number;
  height: number;
  label: string;
  plot?: RefObject<uPlot | null> | undefined;
}

/** uPlot in React, in three branches: a new size is set, new options make a new plot, new data is set. All of it when a frame has time. */
export function UPlot({ options, data, width, height, label, plot: outside }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const own = useRef<uPlot | null>(null);
  const plot = outside ?? own;
  const latest = useRef({ data, width, height });
  latest.current = { data, width, height };

  useLayoutEffect(() => {
    let made: uPlot | undefined;
    const cancel = schedule(root, () => {
      const { data, width, height } = latest.current;
      made = new uPlot({ ...options, width, height }, data as unknown as uPlot.AlignedData, root.current!);
      plot.current = made;
    });
    return () => {
      cancel();
      plot.current = null;
      made?.destroy();
    };
  }, [options, plot]);

  useEffect(() => {
    // One task brings the plot up to date with whatever changed last; a plot that is not made yet takes it when it is.
    if (!plot.current) return;
    return schedule(plot, () => {
      const made = plot.current;
      if (!made) return;
      const { data, width, height } = latest.current;
      if (made.width !== width || made.height !== height) made.setSize({ width, height });
      if (made.data !== (data as unknown)) made.setData(data as unknown as uPlot.AlignedData);
    });
  }, [data, width, height, plot]);

  return <div ref={root} role="img" aria-label={label} className="plot" style={{ height }} />;
}
