import { useEffect, useMemo, useState } from 'react';
import { plural } from '../lib/numbers';
import { useView } from './view';

/** Which charts of the page are wanted: those whose names fit the regular expression of the view; all where it cannot be read. */
export function useChartSearch(): { fits: (name: string) => boolean; wrong: string | null } {
  const [{ charts }] = useView();
  return useMemo(() => {
    if (!charts) return { fits: () => true, wrong: null };
    try {
      const pattern = new RegExp(charts, 'i');
      return { fits: (name: string) => pattern.test(name), wrong: null };
    } catch (error) {
      return { fits: () => true, wrong: (error as Error).message.replace(/^Invalid regular expression: /, '') };
    }
  }, [charts]);
}

/** Writes the regular expression; the charts follow while one types. */
export function ChartSearch({ wrong, found }: { wrong: string | null; found: number }) {
  const [view, change] = useView();
  const value = view.charts ?? '';
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => change({ charts: text || undefined }), 150);
    return () => clearTimeout(timer);
  }, [text, value, change]);
  return (
    <div className="chart-search">
      <input type="search" aria-label="Search charts" placeholder="Search charts: loss$|acc" spellCheck={false} value={text} aria-invalid={wrong ? true : undefined} onChange={(event) => setText(event.target.value)} />
      {wrong ? <span role="alert" className="filter-wrong">{wrong}</span> : value && <span>{plural(found, 'chart')}</span>}
    </div>
  );
}
