import { useState } from 'react';
import { useStopRun, useVerdict } from '../api/actions';
import type { Cause, Diagnosis, Run } from '../api/types';
import { toneOf, toneWord } from '../lib/health';
import { formatCount, formatValue, plural, toNumber } from '../lib/numbers';
import { Icon } from './Icon';
import { StopButton } from './StopButton';
import { Ago } from './time';

interface Props {
  diagnosis: Diagnosis;
  run?: Run | undefined;
  /** Came while the page was open: its edge flashes once. */
  fresh: boolean;
  /** Shows a range of a series on the charts. */
  onEvidence: (series: string, from: number, to: number) => void;
}

/** What is wrong, since when, why, and what to do: the answer of the product to "how is my run?". */
export function DiagnosisCard({ diagnosis, run, fresh, onEvidence }: Props) {
  const [open, setOpen] = useState(false);
  const verdict = useVerdict(diagnosis);
  const stop = useStopRun(diagnosis.run);
  const tone = toneOf(diagnosis.severity);
  const facts = diagnosis.signals.flatMap((signal) => signal.evidence.map((fact) => ({ signal, ...fact })));
  const [first, ...others] = diagnosis.prescriptions;
  const failure = verdict.error ?? stop.error;

  return (
    <article className="diagnosis" data-tone={tone} data-fresh={fresh || undefined} aria-label={diagnosis.title}>
      <h2 className="diagnosis-title">
        <span className="tone"><Icon shape={tone} /> {toneWord[tone]}</span> · {withOnset(diagnosis)}
      </h2>
      <p>{diagnosis.symptom}</p>
      {diagnosis.causes.length > 0 && (
        <ul className="causes" aria-label="Causes, likeliest first">
          {diagnosis.causes.map((cause) => <CauseChip key={cause.id} cause={cause} known={diagnosis.title} />)}
        </ul>
      )}
      {(first || diagnosis.check) && (
        <p>
          {first && <><b>Do:</b> {first} </>}
          {diagnosis.check && <><b>Check:</b> {diagnosis.check}</>}
        </p>
      )}
      {diagnosis.next && <p><b>To be sure:</b> {diagnosis.next}</p>}
      {open && (
        <div className="diagnosis-more">
          {others.length > 0 && <><h3>Also</h3><ul>{others.map((text) => <li key={text}>{text}</li>)}</ul></>}
          {diagnosis.causes.map((cause) => (cause.for.length + cause.against.length > 0) && (
            <section key={cause.id}>
              <h3>{cause.title}</h3>
              <ul>
                {cause.for.map((text) => <li key={text}><span className="for">for</span> {text}</li>)}
                {cause.against.map((text) => <li key={text}><span className="for">against</span> {text}</li>)}
              </ul>
            </section>
          ))}
          {facts.length > 0 && (
            <section>
              <h3>Evidence</h3>
              <ul>
                {facts.map((fact, i) => (
                  <li key={i}>
                    <button type="button" className="link" onClick={() => onEvidence(fact.series, fact.fromStep, fact.toStep)}>
                      {fact.series}, steps {formatCount(fact.fromStep)} to {formatCount(fact.toStep)}
                    </button>{' '}
                    {fact.statistic} {formatValue(toNumber(fact.value))}{fact.threshold !== null && ` (limit ${formatValue(toNumber(fact.threshold))})`}
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      )}
      <div className="diagnosis-foot">
        {run?.state === 'running' && tone === 'crit' && (
          <StopButton asked={run.stop !== null} onStop={() => stop.mutate(diagnosis.title)} busy={stop.isPending} primary />
        )}
        {diagnosis.verdict === null ? (
          <>
            <button type="button" disabled={verdict.isPending} onClick={() => verdict.mutate('acknowledged')}>Acknowledge</button>
            <button type="button" disabled={verdict.isPending} onClick={() => verdict.mutate('muted')}>Mute</button>
            <button type="button" disabled={verdict.isPending} onClick={() => verdict.mutate('wrong')}>This is wrong</button>
          </>
        ) : (
          <span className="said">
            {said[diagnosis.verdict]} · <button type="button" className="link" disabled={verdict.isPending} onClick={() => verdict.mutate(null)}>undo</button>
          </span>
        )}
        {failure && <span className="said" role="alert">{failure.message}</span>}
        <span className="diagnosis-aside">
          raised <Ago time={diagnosis.raisedAt} /> ·{' '}
          <button type="button" className="link" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'less' : `why: ${plural(diagnosis.signals.length, 'signal')}, ${plural(facts.length, 'fact')}`}
          </button>
        </span>
      </div>
    </article>
  );
}

/** The title with its onset, unless the title tells it already. */
function withOnset({ title, onsetStep }: Diagnosis): string {
  return new RegExp(`step ${onsetStep}\\b`).test(title) ? title : `${title} — since step ${formatCount(onsetStep)}`;
}

export const said = { acknowledged: 'Acknowledged', muted: 'Muted', wrong: 'Marked as wrong', confirmed: 'Confirmed' };

/** A cause and its best reason; the title of the diagnosis is known and is none. */
function CauseChip({ cause, known }: { cause: Cause; known: string }) {
  const against = cause.for.length === 0 && cause.against.length > 0;
  const why = against ? cause.against[0] : cause.for.find((reason) => !known.startsWith(reason));
  return (
    <li title={[...cause.for.map((text) => `for: ${text}`), ...cause.against.map((text) => `against: ${text}`)].join('\n')}>
      {against ? 'against' : cause.strength}: <b>{cause.title}</b>
      {why && <span className="cause-why"> — {why}</span>}
    </li>
  );
}
