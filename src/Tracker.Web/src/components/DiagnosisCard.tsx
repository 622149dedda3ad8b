import { useState } from 'react';
import { useStopRun, useVerdict } from '../api/actions';
import type { Cause, Diagnosis, Evidence, Run, Verdict } from '../api/types';
import { toneOf, toneWord } from '../lib/health';
import { formatCount, formatValue, plural, tidy, toNumber } from '../lib/numbers';
import { Icon } from './Icon';
import { MutedBy, MuteMenu } from './MuteMenu';
import { StopButton } from './StopButton';
import { Ago } from './time';

interface Props {
  diagnosis: Diagnosis;
  run?: Pick<Run, 'state' | 'stop'> | undefined;
  /** Came while the page was open: its edge flashes once. */
  fresh: boolean;
  /** Shows a range of a series on the charts. */
  onEvidence: (series: string, from: number, to: number) => void;
}

/** What is wrong, since when, why, and what to do: the answer of the product to "how is my run?". */
export function DiagnosisCard({ diagnosis, run, fresh, onEvidence }: Props) {
  const tone = toneOf(diagnosis.severity);
  return (
    <article className="diagnosis" data-tone={tone} data-fresh={fresh || undefined} aria-label={diagnosis.title}>
      <header className="diagnosis-head">
        <h2 className="diagnosis-title">
          <span className="tone"><Icon shape={tone} /> {toneWord[tone]}</span> · {withOnset(diagnosis)}
        </h2>
        <span className="diagnosis-aside">raised <Ago time={diagnosis.raisedAt} /></span>
      </header>
      <div className="diagnosis-body">
        <div className="diagnosis-part">
          <p>{tidy(diagnosis.symptom)}</p>
          {diagnosis.causes.length > 0 && (
            <section>
              <h3>Why</h3>
              <ol className="causes">{diagnosis.causes.map((cause, i) => <CauseItem key={cause.id} cause={cause} first={i === 0} />)}</ol>
            </section>
          )}
        </div>
        <div className="diagnosis-part">
          {diagnosis.prescriptions.length > 0 && (
            <section>
              <h3>What to do</h3>
              <ol className="do">{diagnosis.prescriptions.map((text) => <li key={text}>{tidy(text)}</li>)}</ol>
            </section>
          )}
          {diagnosis.check && <p><b>It worked when:</b> {tidy(lowered(diagnosis.check))}</p>}
          {diagnosis.next && <p><b>To be sure:</b> {tidy(lowered(diagnosis.next))}</p>}
          <EvidenceList diagnosis={diagnosis} onEvidence={onEvidence} />
        </div>
      </div>
      <Answers diagnosis={diagnosis} run={run} />
    </article>
  );
}

/** The title with its onset, unless the title tells a step already. */
export function withOnset({ title, onsetStep }: Pick<Diagnosis, 'title' | 'onsetStep'>): string {
  return /\bstep [\d,]+/.test(title) ? title : `${title} — since step ${formatCount(onsetStep)}`;
}

const lowered = (text: string): string => (/^[A-Z][a-z]/.test(text) ? text[0]!.toLowerCase() + text.slice(1) : text);

const fewReasons = 3;
const strengths = ['unlikely', 'possible', 'likely', 'strong'];

/** A cause with how much speaks for it, and what; the likeliest one lies open. */
function CauseItem({ cause, first }: { cause: Cause; first: boolean }) {
  const [all, setAll] = useState(false);
  const bars = strengths.indexOf(cause.strength) + 1;
  return (
    <li>
      <details open={first}>
        <summary>
          <svg className="strength" viewBox="0 0 22 10" width="22" height="10" aria-hidden="true">
            {strengths.map((_, i) => <rect key={i} x={i * 6} y={7 - i * 2} width="4" height={3 + i * 2} rx="1" data-on={i < bars || undefined} />)}
          </svg>
          <span className="cause-strength">{cause.strength}</span>
          <b>{cause.title}</b>
          <span className="cause-why">{[cause.for.length && `${cause.for.length} for`, cause.against.length && `${cause.against.length} against`].filter(Boolean).join(', ')}</span>
        </summary>
        <ul>
          {cause.for.slice(0, all ? undefined : fewReasons).map((text) => <li key={text}><span className="sign" aria-label="for">+</span> {tidy(text)}</li>)}
          {!all && cause.for.length > fewReasons && <li><button type="button" className="link" onClick={() => setAll(true)}>{plural(cause.for.length - fewReasons, 'more reason')}</button></li>}
          {cause.against.map((text) => <li key={text}><span className="sign" aria-label="against">−</span> {tidy(text)}</li>)}
        </ul>
      </details>
    </li>
  );
}

const fewFacts = 3;

/** What was measured, each a way to the charts at its range. */
function EvidenceList({ diagnosis, onEvidence }: Pick<Props, 'diagnosis' | 'onEvidence'>) {
  const [all, setAll] = useState(false);
  const facts = diagnosis.signals.flatMap((signal) => signal.evidence);
  if (facts.length === 0) return null;
  return (
    <ul className="evidence" aria-label="Evidence">
      {facts.slice(0, all ? facts.length : fewFacts).map((fact, i) => (
        <li key={i}>
          <button type="button" className="fact" onClick={() => onEvidence(fact.series, fact.fromStep, fact.toStep)} title="Show on the charts">
            <b>{fact.series}</b> {tidy(factText(fact))}
            <span className="fact-steps">{fact.fromStep === fact.toStep ? `step ${formatCount(fact.fromStep)}` : `steps ${formatCount(fact.fromStep)}–${formatCount(fact.toStep)}`}</span>
          </button>
        </li>
      ))}
      {facts.length > fewFacts && (
        <li><button type="button" className="link" onClick={() => setAll(!all)}>{all ? 'less' : plural(facts.length - fewFacts, 'more fact')}</button></li>
      )}
    </ul>
  );
}

const factText = (fact: Evidence): string =>
  `${fact.statistic} ${formatValue(toNumber(fact.value))}${fact.threshold === null ? '' : ` (limit ${formatValue(toNumber(fact.threshold))})`}`;

export const said: Record<Verdict, string> = { acknowledged: 'Acknowledged', muted: 'Muted', wrong: 'Marked as wrong', confirmed: 'Confirmed' };

const answers: [verdict: Verdict, word: string, title: string][] = [
  ['acknowledged', 'Acknowledge', 'You have seen it: it moves out of the way, and nobody is told again unless it gets worse.'],
  ['confirmed', 'Confirm', 'It is so: counts for how well the rules do.'],
  ['muted', 'Mute', 'No more messages about it, and no mark on the charts.'],
  ['wrong', 'This is wrong', 'A false alarm: counts against the rules, and is no longer shown on the run.'],
];

/** What a person can say to it. */
function Answers({ diagnosis, run }: Pick<Props, 'diagnosis' | 'run'>) {
  const verdict = useVerdict(diagnosis);
  const stop = useStopRun(diagnosis.run);
  const failure = verdict.error ?? stop.error;
  return (
    <footer className="diagnosis-foot">
      {run?.state === 'running' && toneOf(diagnosis.severity) === 'crit' && diagnosis.state === 'open' && (
        <StopButton asked={run.stop !== null} onStop={() => stop.mutate(diagnosis.title)} busy={stop.isPending} primary />
      )}
      {diagnosis.verdict === null ? (
        answers.map(([value, word, title]) =>
          value === 'muted' ? (
            <MuteMenu key={value} diagnosis={diagnosis} busy={verdict.isPending} onMute={() => verdict.mutate('muted')} />
          ) : (
            <button key={value} type="button" title={title} disabled={verdict.isPending} onClick={() => verdict.mutate(value)}>{word}</button>
          ),
        )
      ) : (
        <span className="said">
          {said[diagnosis.verdict]} · <button type="button" className="link" disabled={verdict.isPending} onClick={() => verdict.mutate(null)}>undo</button>
        </span>
      )}
      <MutedBy diagnosis={diagnosis} />
      {diagnosis.resolution && <span className="said">{diagnosis.resolution}</span>}
      {failure && <span className="said" role="alert">{failure.message}</span>}
    </footer>
  );
}
