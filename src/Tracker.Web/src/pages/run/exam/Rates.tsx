import { useContext, useMemo } from 'react';
import { Annotations } from '../../../charts/annotations';
import { PlainPlot } from '../../../charts/PlainPlot';
import { useInView } from '../../../charts/useSize';
import { scheduleWords } from '../../../lib/measures';
import { formatCount, formatValue } from '../../../lib/numbers';
import type { Verdict } from '../../../lib/verdicts';
import { evidenceOn, useCurves, useFamilyLines, useZoom, type Exam } from './exam';
import { Frame, judged, plotHeight } from './Frame';
import { conditions } from './instruments';

/** The rate of one or several groups of parameters. */
export const ratesOf = (exam: Exam) =>
  [...exam.roles].flatMap(([role, info]) => (role === 'lr' || role.startsWith('lr/') ? [{ label: role === 'lr' ? 'lr' : role.slice(3), info }] : []));

/** The learning rate on the same steps as everything else, with what happened to it. */
export function RateInstrument({ exam }: { exam: Exam }) {
  const [place, seen] = useInView<HTMLDivElement>();
  const zoom = useZoom();
  const happened = useContext(Annotations);
  const members = useMemo(() => ratesOf(exam), [exam]);
  const names = useMemo(() => members.map(({ info }) => info.name), [members]);
  const { curves, ready, failed } = useCurves(exam, seen, { names });
  const lines = useFamilyLines(exam, members, curves);
  const y = lines[0]?.y ?? [];
  const words = scheduleWords(y);
  const [first, last, high] = [y[0] ?? NaN, y.at(-1) ?? NaN, Math.max(...y)];
  const kicks = happened.filter(({ short }) => short.startsWith('lr '));
  const at = kicks.length > 0 ? ` Cut at step ${kicks.map(({ step }) => formatCount(step)).join(', ')}.` : '';
  const own: Verdict | null = y.length === 0 ? null : {
    tone: words === 'constant' ? 'none' : 'ok',
    word: words[0]!.toUpperCase() + words.slice(1),
    text: (words === 'constant' ? `${formatValue(last)} all along; no warm-up.` : `${formatValue(first)} at first${high > first && high > last ? `, ${formatValue(high)} at its peak` : ''}, ${formatValue(last)} now.`) + at,
  };
  return (
    <Frame place={place} id="rate" title="Learning rate" aside={words} verdict={judged(exam, conditions.rate, own, lines)} ready={ready} failed={failed}>
      <PlainPlot label="Learning rate" lines={lines} evidence={evidenceOn(exam, names)} zoom={zoom.range} height={plotHeight} onZoom={zoom.set} />
    </Frame>
  );
}
