import { useEffect, useLayoutEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export type PlotData = [null, ...[x: number[], y: (number | null)[]][]];

interface Props {
  /** Memoise it: a new object makes a new plot. */
  options: Omit<uPlot.Options, 'width' | 'height'>;
  data: PlotData;
  width: number;
  height: number;
  label: string;
}

/** uPlot in React, in three branches: a new size is set, new options make a new plot, new data is set. */
export function UPlot({ options, data, width, height, label }: Props) {
  const root = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef({ data, width, height });
  latest.current = { data, width, height };

  useLayoutEffect(() => {
    const { data, width, height } = latest.current;
    const made = new uPlot({ ...options, width, height }, data as unknown as uPlot.AlignedData, root.current!);
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [options]);

  useLayoutEffect(() => {
    if (plot.current && (plot.current.width !== width || plot.current.height !== height)) plot.current.setSize({ width, height });
  }, [width, height]);

  useEffect(() => {
    if (plot.current && plot.current.data !== (data as unknown)) plot.current.setData(data as unknown as uPlot.AlignedData);
  }, [data]);

  return <div ref={root} role="img" aria-label={label} className="plot" />;
}
