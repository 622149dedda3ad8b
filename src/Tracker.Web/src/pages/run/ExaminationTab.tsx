import { useQuery } from '@tanstack/react-query';
import { useState, type ComponentType, type MouseEvent } from 'react';
import { eventsOfKindQuery } from '../../api/diagnostics';
import type { Diagnosis, Run, SeriesInfo } from '../../api/types';
import { Icon } from '../../components/Icon';
import { LogARun } from '../../components/LogARun';
import { Thresholds } from '../../components/Thresholds';
import { Empty } from '../../components/states';
import { useView } from '../../components/view';
import { findingOf } from '../../lib/verdicts';
import { CalibrationInstrument, ClassesInstrument, classesOf, ReliabilityInstrument, reliabilityProbe } from './exam/Classes';
import { configNumber, familyOf, useExam, type Exam } from './exam/exam';
import { ActiveLayersInstrument, GradientInstrument, layersOf, LayersInstrument } from './exam/Gradients';
import { conditions } from './exam/instruments';
import { ActivationsInstrument, activationsOf, AttentionInstrument, UnitsInstrument, UpdatesInstrument, WeightsInstrument } from './exam/Layers';
import { LossInstrument, NoiseInstrument, StartInstrument, TasksInstrument, tasksOf } from './exam/Losses';
import { NotVisible } from './exam/NotVisible';
import { Probes } from './exam/Probes';
import { RateInstrument, ratesOf } from './exam/Rates';
import '../../styles/exam.css';

interface Entry {
  id: string;
  name: string;
  View: ComponentType<{ exam: Exam }>;
  /** Whether the run logs what the instrument shows. */
  has: (exam: Exam) => boolean;
  conditions: readonly string[];
  forensic?: true;
  /** Series whose loss to NaN speaks on it. */
  series?: (exam: Exam) => string[];
}

const has = (...roles: string[]) => (exam: Exam) => roles.some((role) => exam.roles.has(role));
const hasFamily = (...prefixes: string[]) => (exam: Exam) => prefixes.some((prefix) => familyOf(exam, prefix).length > 0);

const instruments: readonly Entry[] = [
  { id: 'loss', name: 'Loss', View: LossInstrument, has: has('train/loss', 'val/loss'), conditions: conditions.loss, forensic: true },
  { id: 'gradient', name: 'Gradient norm', View: GradientInstrument, has: has('grad_norm/total'), conditions: conditions.gradient, forensic: true, series: (exam) => [exam.roles.get('grad_norm/total')?.name ?? ''] },
  { id: 'layers', name: 'Gradient by layer', View: LayersInstrument, has: (exam) => layersOf(exam).length > 1, conditions: conditions.layers },
  { id: 'active', name: 'Most active layers', View: ActiveLayersInstrument, has: (exam) => layersOf(exam).length > 1, conditions: conditions.active },
  { id: 'rate', name: 'Learning rate', View: RateInstrument, has: (exam) => ratesOf(exam).length > 0, conditions: conditions.rate },
  { id: 'updates', name: 'Update / weight', View: UpdatesInstrument, has: hasFamily('update_ratio/'), conditions: conditions.updates },
  { id: 'weights', name: 'Weight norms', View: WeightsInstrument, has: (exam) => exam.roles.has('param_norm/total') || familyOf(exam, 'param_norm/').length > 0, conditions: conditions.weights },
  { id: 'units', name: 'Dead and saturated units', View: UnitsInstrument, has: hasFamily('dead_fraction/', 'saturated_fraction/'), conditions: conditions.units },
  { id: 'activations', name: 'Activations', View: ActivationsInstrument, has: (exam) => activationsOf(exam).length > 0, conditions: conditions.activations },
  { id: 'attention', name: 'Attention entropy', View: AttentionInstrument, has: hasFamily('attention_entropy/'), conditions: conditions.attention },
  { id: 'start', name: 'Loss at the start', View: StartInstrument, has: (exam) => exam.roles.has('train/loss') && (configNumber(exam, 'num_classes') ?? 0) > 1, conditions: conditions.start },
  { id: 'noise', name: 'Noise of the loss', View: NoiseInstrument, has: has('train/loss'), conditions: conditions.noise },
  { id: 'tasks', name: 'Loss per task', View: TasksInstrument, has: (exam) => tasksOf(exam).length > 0, conditions: conditions.tasks },
  { id: 'classes', name: 'Accuracy per class', View: ClassesInstrument, has: (exam) => classesOf(exam).length > 1, conditions: conditions.classes, forensic: true },
  { id: 'calibration', name: 'Calibration', View: CalibrationInstrument, has: has('val/ece'), conditions: conditions.calibration, forensic: true },
];

/** The instrument panel of a training run: each a chart, a verdict in words and what to do. */
export function ExaminationTab({ run, series, diagnoses }: { run: Run; series: readonly SeriesInfo[]; diagnoses: readonly Diagnosis[] }) {
  const [view, change] = useView();
  const exam = useExam(run, series, diagnoses);
  const forensic = view.preset === 'forensic';
  const wanted = instruments.filter((entry) => !forensic || entry.forensic);
  const shown = wanted.filter((entry) => entry.has(exam));
  const missing = wanted.filter((entry) => !entry.has(exam));
  const zoomed = view.from !== undefined && view.to !== undefined;
  if (series.length === 0) return <Empty title="Nothing has been logged to this run yet."><p>Its instruments appear with the first points.</p><LogARun project={run.project} /></Empty>;
  return (
    <>
      <div className="exam-head">
        <nav aria-label="Instruments" className="exam-nav">
          {shown.map((entry) => {
            const { loud } = findingOf(diagnoses, entry.conditions, entry.series?.(exam));
            return <a key={entry.id} href={`#instrument-${entry.id}`} className="health" data-tone={loud?.tone ?? 'none'} onClick={(event) => point(event, entry.id)}>{loud && <Icon shape={loud.tone === 'crit' ? 'crit' : 'warn'} />}{entry.name}</a>;
          })}
        </nav>
        {zoomed && <button type="button" className="quiet" onClick={() => change({ from: undefined, to: undefined }, true)}>show all steps</button>}
        <div className="segmented" role="group" aria-label="Instruments">
          <button type="button" aria-pressed={!forensic} onClick={() => change({ preset: undefined }, true)}>All</button>
          <button type="button" aria-pressed={forensic} title="Loss, gradient norm, accuracy per class, calibration" onClick={() => change({ preset: 'forensic' }, true)}>The four forensic plots</button>
        </div>
      </div>
      <div className={forensic ? 'instruments forensic' : 'instruments'}>
        {shown.map(({ id, View }) => <View key={id} exam={exam} />)}
        <ReliabilityIfLogged exam={exam} />
      </div>
      {missing.length > 0 && <p className="quiet-instruments"><b>Without data:</b> {missing.map((entry) => entry.name.toLowerCase()).join(', ')}.</p>}
      {!forensic && (
        <>
          <section aria-label="Probes">
            <h2 className="section-name">Probes</h2>
            <Probes exam={exam} />
          </section>
          <NotVisible run={run.id} />
          <OwnThresholds run={run.id} />
        </>
      )}
      <p className="no-curve"><b>What no curve can tell:</b> whether the model learnt the right thing, how it treats groups that are not logged, whether its odds hold on other data, and how it does outside of what it was trained on. Run evaluations.</p>
    </>
  );
}

/** By what the detectors judge this run. */
function OwnThresholds({ run }: { run: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details className="panel" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Thresholds of the detectors for this run</summary>
      {open && (
        <>
          <p className="cell-none">What is set here goes before what the project has, from this moment of the run on.</p>
          <Thresholds owner={{ run }} />
        </>
      )}
    </details>
  );
}

function point(event: MouseEvent, id: string): void {
  event.preventDefault();
  document.getElementById(`instrument-${id}`)?.scrollIntoView({ block: 'center', behavior: 'smooth' });
}

/** The diagram is there once a probe has logged its bins. */
function ReliabilityIfLogged({ exam }: { exam: Exam }) {
  const { data } = useQuery(eventsOfKindQuery(exam.run.id, 'probe'));
  return data?.some(({ name }) => name !== null && reliabilityProbe.test(name)) ? <ReliabilityInstrument exam={exam} /> : null;
}
