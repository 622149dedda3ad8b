import { useRef, useState } from 'react';
import type { Diagnosis, Run } from '../api/types';
import { toneOf, toneWord, triage } from '../lib/health';
import { formatCount, plural } from '../lib/numbers';
import { DiagnosisCard, said, withOnset } from './DiagnosisCard';
import { Icon } from './Icon';

interface Props {
  diagnoses: readonly Diagnosis[];
  run?: Pick<Run, 'state' | 'stop'> | undefined;
  onEvidence: (diagnosis: Diagnosis, series: string, from: number, to: number) => void;
}

/** What is wrong with a run: the worst as a card, other warnings as a line each that opens; what was answered, is over, or is a mere note in one quiet line. */
export function DiagnosisPanel({ diagnoses, run, onEvidence }: Props) {
  const known = useRef<Set<string> | null>(null);
  known.current ??= new Set(diagnoses.map((diagnosis) => diagnosis.id));
  const { loud: [first, ...others], answered, notes, over } = triage(diagnoses);
  if (!first && answered.length + notes.length + over.length === 0) return null;
  const card = (diagnosis: Diagnosis) => (
    <DiagnosisCard key={diagnosis.id} diagnosis={diagnosis} run={run} fresh={!known.current!.has(diagnosis.id)} onEvidence={(...range) => onEvidence(diagnosis, ...range)} />
  );
  return (
    <div className="diagnoses" role="group" aria-label={`Diagnoses of ${diagnoses[0]!.runName}`} aria-live="polite">
      {first && card(first)}
      {others.map((diagnosis) => <Folded key={diagnosis.id} diagnosis={diagnosis} card={card} />)}
      <div className="quiet-lines">
        <QuietGroup name={plural(answered.length, 'answered diagnosis').replace('diagnosiss', 'diagnoses')} diagnoses={answered} card={card} />
        <QuietGroup name={`${formatCount(over.length)} resolved`} diagnoses={over} card={card} />
        <QuietGroup name={plural(notes.length, 'note')} diagnoses={notes} card={card} />
      </div>
    </div>
  );
}

type Card = (diagnosis: Diagnosis) => React.ReactNode;

/** A diagnosis in one line; opened it is a card. */
function Folded({ diagnosis, card, quiet = false }: { diagnosis: Diagnosis; card: Card; quiet?: boolean }) {
  const [open, setOpen] = useState(false);
  const tone = toneOf(diagnosis.severity);
  const over = diagnosis.state === 'resolved';
  const word = over ? 'Resolved' : diagnosis.verdict ? said[diagnosis.verdict] : toneWord[tone];
  return (
    <div className="folded" data-tone={over ? 'none' : tone} data-quiet={quiet || undefined}>
      <button type="button" className="folded-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="health" data-tone={over ? 'none' : tone}><Icon shape={over ? 'ok' : tone} />{word}</span>
        <span className="folded-title">{withOnset(diagnosis)}</span>
        <span className="folded-aside">{over ? diagnosis.resolution ?? '' : diagnosis.causes[0]?.title ?? ''}</span>
      </button>
      {open && card(diagnosis)}
    </div>
  );
}

/** What asks for nothing: its number and its titles in a line; opened, one line each. */
function QuietGroup({ name, diagnoses, card }: { name: string; diagnoses: readonly Diagnosis[]; card: Card }) {
  const [open, setOpen] = useState(false);
  if (diagnoses.length === 0) return null;
  return (
    <div className="quiet-group">
      <button type="button" className="quiet-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <b>{name}</b>
        {!open && <span className="quiet-titles">{diagnoses.map((diagnosis) => diagnosis.title).join(' · ')}</span>}
      </button>
      {open && diagnoses.map((diagnosis) => <Folded key={diagnosis.id} diagnosis={diagnosis} card={card} quiet />)}
    </div>
  );
}
