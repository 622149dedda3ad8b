import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { eventsOfKindQuery } from '../../../api/diagnostics';
import { ClassMap } from '../../../charts/ClassMap';
import { PlainPlot } from '../../../charts/PlainPlot';
import { Reliability, type Bin } from '../../../charts/Reliability';
import { useTheme } from '../../../charts/theme';
import { useInView } from '../../../charts/useSize';
import { formatCount, formatValue } from '../../../lib/numbers';
import { colourOf } from '../../../lib/palette';
import type { Verdict } from '../../../lib/verdicts';
import { evidenceOn, familyOf, lineOf, useCurves, useZoom, type Exam } from './exam';
import { Frame, judged, plotHeight } from './Frame';
import { conditions } from './instruments';

export const classesOf = (exam: Exam) =>
  familyOf(exam, 'val/acc_class_').sort((a, b) => a.label.localeCompare(b.label, 'en', { numeric: true }));

/** The accuracy of each class over time: good on average can be awful on one. */
export function ClassesInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const zoom = useZoom();
  const members = useMemo(() => classesOf(exam), [exam]);
  const names = useMemo(() => members.map(({ info }) => info.name), [members]);
  const { curves, ready, failed } = useCurves(exam, seen, { names, points: 200 });
  const rows = useMemo(() => members.map(({ label, info }) => ({ label, x: curves.get(info.name)?.x ?? [], y: curves.get(info.name)?.y ?? [] })), [members, curves]);
  const worst = rows.filter((row) => row.y.length > 0).sort((a, b) => a.y.at(-1)! - b.y.at(-1)!)[0];
  const low = worst?.y.at(-1) ?? NaN;
  const own: Verdict | null = !worst ? null : {
    tone: low >= 0.5 ? 'ok' : 'none',
    word: low >= 0.5 ? 'All are recognised' : 'Uneven',
    text: `The worst is class ${worst.label}, ${formatValue(low)} at the last evaluation.`,
  };
  return (
    <Frame place={place} id="classes" title="Accuracy per class" aside={`${members.length} classes`} verdict={judged(exam, conditions.classes, own)} ready={ready} failed={failed}>
      <ClassMap rows={rows} height={plotHeight} label="Accuracy of each class" range={zoom.range} />
    </Frame>
  );
}

const wrongBy = [{ value: 0.1, label: '0.1: off', fit: false }];

/** Whether the probabilities can be taken at their word: the error over time, and the reliability diagram where its bins are logged. */
export function CalibrationInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const theme = useTheme();
  const zoom = useZoom();
  const ece = exam.roles.get('val/ece');
  const names = useMemo(() => (ece ? [ece.name] : []), [ece]);
  const { curves, ready, failed } = useCurves(exam, seen, { names });
  const lines = useMemo(() => lineOf(exam, curves.get(ece?.name ?? ''), 'expected calibration error', colourOf(0, theme)), [exam, curves, ece?.name, theme]);
  const last = lines[0]?.y.at(-1) ?? NaN;
  const own: Verdict | null = !Number.isFinite(last) ? null : {
    tone: last <= 0.1 ? 'ok' : 'none',
    word: last <= 0.1 ? 'Trustworthy' : 'Off',
    text: `Stated and true odds differ by ${formatValue(last)} on average.`,
  };
  return (
    <Frame place={place} id="calibration" title="Calibration error" verdict={judged(exam, conditions.calibration, own, lines)} ready={ready} failed={failed}>
      <PlainPlot label="Expected calibration error" lines={lines} guides={wrongBy} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
    </Frame>
  );
}

/** What is right of what was said with so much confidence: the newest bins that a probe logged. */
export function ReliabilityInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const probes = useQuery({ ...eventsOfKindQuery(exam.run.id, 'probe'), enabled: seen });
  const newest = probes.data?.filter(({ name }) => name !== null && reliabilityProbe.test(name)).at(-1);
  const bins = binsOf(newest?.data ?? {});
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  const error = bins.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.accuracy - bin.confidence), 0);
  const over = bins.reduce((sum, bin) => sum + (bin.count / total) * (bin.confidence - bin.accuracy), 0);
  const own: Verdict | null = total === 0 ? null : {
    tone: error <= 0.1 ? 'ok' : 'none',
    word: error <= 0.1 ? 'Near the diagonal' : over > 0 ? 'Overconfident' : 'Underconfident',
    text: `${formatCount(total)} predictions; confidence and accuracy differ by ${formatValue(error)}.`,
  };
  return (
    <Frame place={place} id="reliability" title="Reliability" aside={newest?.step == null ? undefined : `step ${formatCount(newest.step)}`} verdict={judged(exam, conditions.calibration, own)} ready={probes.data !== undefined} failed={probes.error && !probes.data ? probes : null}>
      <Reliability bins={bins} height={plotHeight + 20} />
    </Frame>
  );
}

export const reliabilityProbe = /^calibration$/i;

/** Bins as rows of low, high, count, confidence, accuracy; empty ones are left out. */
function binsOf({ bins }: Record<string, unknown>): Bin[] {
  if (!Array.isArray(bins)) return [];
  return bins.flatMap((row: unknown) => {
    const [, , count, confidence, accuracy] = Array.isArray(row) ? row.map(Number) : [];
    return count! > 0 && Number.isFinite(confidence) && Number.isFinite(accuracy) ? [{ confidence: confidence!, accuracy: accuracy!, count: count! }] : [];
  });
}
