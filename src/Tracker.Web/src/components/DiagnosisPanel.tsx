import { useRef, useState } from 'react';
import type { Diagnosis, Run } from '../api/types';
import { bySeverity, toneOf, toneWord } from '../lib/health';
import { formatCount } from '../lib/numbers';
import { DiagnosisCard, said } from './DiagnosisCard';
import { Icon } from './Icon';

interface Props {
  diagnoses: readonly Diagnosis[];
  run?: Run | undefined;
  onEvidence: (diagnosis: Diagnosis, series: string, from: number, to: number) => void;
}

const most = 3;

/** The diagnoses of a run: the open ones as cards, at most three; what was answered or is over as one quiet line each. */
export function DiagnosisPanel({ diagnoses, run, onEvidence }: Props) {
  const [all, setAll] = useState(false);
  const known = useRef<Set<string> | null>(null);
  known.current ??= new Set(diagnoses.map((diagnosis) => diagnosis.id));

  const sorted = [...diagnoses].sort(bySeverity);
  const loud = sorted.filter((diagnosis) => diagnosis.state === 'open' && diagnosis.verdict === null && diagnosis.severity !== 'info');
  const quiet = sorted.filter((diagnosis) => !loud.includes(diagnosis));
  const shown = all ? loud : loud.slice(0, most);
  if (sorted.length === 0) return null;

  return (
    <div className="diagnoses" role="group" aria-label={`Diagnoses of ${sorted[0]!.runName}`} aria-live="polite">
      {shown.map((diagnosis) => (
        <DiagnosisCard
          key={diagnosis.id}
          diagnosis={diagnosis}
          run={run}
          fresh={!known.current!.has(diagnosis.id)}
          onEvidence={(...range) => onEvidence(diagnosis, ...range)}
        />
      ))}
      {loud.length > shown.length && (
        <button type="button" className="quiet" onClick={() => setAll(true)}>{loud.length - shown.length} more</button>
      )}
      {quiet.map((diagnosis) => <QuietDiagnosis key={diagnosis.id} diagnosis={diagnosis} run={run} onEvidence={(...range) => onEvidence(diagnosis, ...range)} />)}
    </div>
  );
}

type QuietProps = Pick<Parameters<typeof DiagnosisCard>[0], 'diagnosis' | 'run' | 'onEvidence'>;

function QuietDiagnosis({ diagnosis, run, onEvidence }: QuietProps) {
  const [open, setOpen] = useState(false);
  const tone = toneOf(diagnosis.severity);
  const over = diagnosis.state === 'resolved';
  const word = over ? 'Resolved' : diagnosis.verdict ? said[diagnosis.verdict] : toneWord[tone];
  return (
    <div className="quiet-diagnosis">
      <button type="button" className="quiet-line" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="health" data-tone={over ? 'none' : tone}><Icon shape={over ? 'ok' : tone} />{word}</span>
        <span className="quiet-title">{diagnosis.title}</span>
        <span className="quiet-aside">
          {over ? `steps ${formatCount(diagnosis.onsetStep)} to ${formatCount(diagnosis.step)}` : `since step ${formatCount(diagnosis.onsetStep)}`}
          {over && diagnosis.resolution && ` · ${diagnosis.resolution}`}
        </span>
      </button>
      {open && <DiagnosisCard diagnosis={diagnosis} run={run} fresh={false} onEvidence={onEvidence} />}
    </div>
  );
}
