import type { ReactNode, RefObject } from 'react';
import type { Line } from '../../../charts/model';
import { Icon } from '../../../components/Icon';
import { Failure } from '../../../components/states';
import { formatCount, tidy } from '../../../lib/numbers';
import { findingOf, type Verdict } from '../../../lib/verdicts';
import type { Exam } from './exam';

interface Props {
  /** Where it is told whether the instrument is on the screen. */
  place: RefObject<HTMLDivElement | null>;
  id: string;
  title: string;
  aside?: ReactNode;
  verdict: Verdict;
  ready: boolean;
  failed?: { error: Error | null; refetch: () => unknown } | null;
  height?: number;
  children: ReactNode;
}

export const plotHeight = 150;

/** An instrument: its chart, its verdict in words, and what to do. */
export function Frame({ place, id, title, aside, verdict, ready, failed, height = plotHeight + 20, children }: Props) {
  return (
    <div ref={place} className="instrument-place" id={`instrument-${id}`}>
      <figure className="chart instrument" data-tone={verdict.tone}>
        <figcaption className="chart-head">
          <span className="chart-title">{title}</span>
          <span className="chart-count">{ready && aside}</span>
        </figcaption>
        <div style={{ minHeight: height }}>
          {failed?.error ? <Failure what={`${title} could not be read.`} error={failed.error} retry={() => void failed.refetch()} /> : ready ? children : <div className="skeleton" style={{ height }} aria-hidden="true" />}
        </div>
        <p className="verdict">
          {/* What the curve says is known when it is there; what the analyzer says, before. */}
          {(ready || verdict.tone === 'warn' || verdict.tone === 'crit') && (
            <>
              <span className="health" data-tone={verdict.tone}>
                {verdict.tone === 'none' ? '–' : <Icon shape={verdict.tone} />}
                <b>{verdict.word}.</b>
              </span>{' '}
              {tidy(verdict.text)}
              {verdict.todo && <span className="verdict-do"> Do: {tidy(verdict.todo)}</span>}
              {verdict.note && <span className="verdict-note"> {tidy(verdict.note)}</span>}
            </>
          )}
        </p>
      </figure>
    </div>
  );
}

/**
 * The verdict of the analyzer where it has one; else what the data itself says. A curve that ends in NaN says so, whatever it was before.
 * @param lines The curves of the instrument, by the names of their series.
 */
export function judged(exam: Exam, conditions: readonly string[], otherwise: Verdict | null, lines: readonly Line[] = []): Verdict {
  const { loud, note } = findingOf(exam.diagnoses, conditions, lines.map((line) => line.key));
  const lost = Math.min(...lines.map(lostSince));
  const own: Verdict | null = Number.isFinite(lost) ? { tone: 'none', word: 'Not finite', text: `Nothing after step ${formatCount(lost)} is a number.` } : otherwise;
  return loud ?? { ...(own ?? { tone: 'none', word: 'No verdict', text: 'Nothing speaks against it so far.' }), note };
}

/** The step from which a curve is not finite to its end; infinity when it is. */
function lostSince({ x, marks }: Line): number {
  const last = x.at(-1) ?? -Infinity;
  return marks.find((mark) => mark.x > last)?.x ?? Infinity;
}
