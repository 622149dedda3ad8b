import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { dataQuery } from '../../../api/queries';
import type { Diagnosis, Run, SeriesInfo } from '../../../api/types';
import type { Line } from '../../../charts/model';
import { useTheme } from '../../../charts/theme';
import { useView } from '../../../components/view';
import type { Range } from '../../../lib/axes';
import { flattenConfig } from '../../../lib/config';
import { evidenceBySeries, type EvidenceRange } from '../../../lib/evidence';
import { toNumber } from '../../../lib/numbers';
import { colourOf, rampColour } from '../../../lib/palette';
import type { SeriesData } from '../../../lib/points';

/** What all instruments of a run look at. */
export interface Exam {
  run: Run;
  diagnoses: readonly Diagnosis[];
  evidence: ReadonlyMap<string, EvidenceRange[]>;
  /** Scalar series by the canonical name that the analyzer knows them by, in the order of the log. */
  roles: ReadonlyMap<string, SeriesInfo>;
  histograms: readonly SeriesInfo[];
  config: ReadonlyMap<string, string>;
}

export function useExam(run: Run, series: readonly SeriesInfo[], diagnoses: readonly Diagnosis[]): Exam {
  // Every push of a run at work is a new object; what the instruments ask of it rarely changes.
  const config = JSON.stringify(run.config);
  return useMemo(
    () => ({
      run,
      diagnoses,
      evidence: evidenceBySeries(diagnoses),
      roles: new Map(series.filter((item) => item.kind === 'scalar' && item.role).map((item) => [item.role!, item])),
      histograms: series.filter((item) => item.kind === 'histogram'),
      config: new Map(flattenConfig(run.config).map(([key, value]) => [key.split('.').at(-1)!.toLowerCase(), value])),
    }),
    [run.id, run.state, config, series, diagnoses],
  );
}

/** The members of a family (`grad_norm/…` without its total), layers in the order of the log. */
export function familyOf(exam: Exam, prefix: string): { label: string; info: SeriesInfo }[] {
  return [...exam.roles].flatMap(([role, info]) => (role.startsWith(prefix) && !role.endsWith('/total') ? [{ label: role.slice(prefix.length), info }] : []));
}

/** A positive number of the config, by the last part of its key. */
export function configNumber(exam: Exam, ...keys: string[]): number | undefined {
  return keys.map((key) => Number(exam.config.get(key))).find((value) => value > 0);
}

export interface Wanted {
  names: readonly string[];
  points?: number;
  /** Weight of the average; 0: none. */
  smoothing?: number;
  /** Steps to read; unless given, what the page is zoomed to. */
  range?: readonly [from: number, to: number | undefined] | undefined;
}

/** The series' curves by name, read when `enabled`, kept up to date by the live feed. */
export function useCurves(exam: Exam, enabled: boolean, { names, points = 400, smoothing = 0, range }: Wanted) {
  const zoom = useZoom();
  const [from, to] = range ?? zoom.range ?? [undefined, undefined];
  const query = useQuery({
    ...dataQuery(exam.run.id, { names, points, x: 'step', smoothing, from, to }),
    enabled: enabled && names.length > 0,
  });
  const curves = useMemo(() => new Map<string, SeriesData & { columnWidth?: number }>((query.data?.series ?? []).map((series) => [series.name, series])), [query.data]);
  return { curves, ready: query.data !== undefined, failed: query.error && !query.data ? query : null };
}

/** The zoom that all charts of the page share. */
export function useZoom(): { range: Range | null; set: (range: Range | null) => void } {
  const [{ from, to }, change] = useView();
  return useMemo(
    () => ({ range: from !== undefined && to !== undefined ? [from, to] : null, set: (range) => change({ from: range?.[0], to: range?.[1] }, true) }),
    [from, to, change],
  );
}

/** A curve as the plots draw it. With fewer than a hundred points an average would lag behind itself. */
export function lineOf(exam: Exam, series: SeriesData | undefined, label: string, colour: string): Line[] {
  if (!series) return [];
  return [{
    key: series.name,
    run: exam.run.id,
    label,
    colour,
    x: series.x,
    y: series.y,
    smoothed: series.total >= 100 ? series.smoothed : undefined,
    total: series.total,
    marks: series.nonFinite.map(({ x, value }) => ({ x, value: toNumber(value) })),
  }];
}

/** Lines of a family, from the first layer in violet to the last in yellow. */
export function useFamilyLines(exam: Exam, members: readonly { label: string; info: SeriesInfo }[], curves: ReadonlyMap<string, SeriesData>): Line[] {
  const theme = useTheme();
  return useMemo(
    () => members.flatMap(({ label, info }, i) => lineOf(exam, curves.get(info.name), label, members.length <= 3 ? colourOf(i, theme) : rampColour(i / (members.length - 1), theme))),
    [exam, members, curves, theme],
  );
}

/** The evidence on any of these series: one range a diagnosis. */
export function evidenceOn(exam: Exam, names: readonly string[]): EvidenceRange[] {
  const ranges = new Map<string, EvidenceRange>();
  for (const range of names.flatMap((name) => exam.evidence.get(name) ?? [])) {
    const old = ranges.get(range.diagnosis);
    ranges.set(range.diagnosis, old ? { ...old, from: Math.min(old.from, range.from), to: Math.max(old.to, range.to), onset: Math.min(old.onset, range.onset) } : range);
  }
  return [...ranges.values()];
}
