import { useQuery } from '@tanstack/react-query';
import { eventsOfKindQuery } from '../../../api/diagnostics';
import type { RunEvent } from '../../../api/types';
import { Curve } from '../../../charts/Curve';
import { Icon } from '../../../components/Icon';
import { Failure } from '../../../components/states';
import { formatCount, formatValue, toNumber, type Num } from '../../../lib/numbers';
import { probeKey, probeSentence, tenPoints, type Tick } from '../../../lib/probes';
import { findingOf } from '../../../lib/verdicts';
import { reliabilityProbe } from './Classes';
import type { Exam } from './exam';

/** Conditions that a probe's result raises. */
const raised: Record<string, readonly string[]> = {
  'nonfinite-params': ['params-nonfinite'], 'numeric-op': ['numeric-op'], 'nan-first-module': ['nan-first-module'], 'batch-check': ['nan-input', 'nan-target', 'extreme-input'],
  'input-stats': ['inputs-not-normalised'], 'overfit-one-batch': ['overfit-one-batch'], 'first-step': ['first-step-decrease'], 'grads-reach-all-params': ['grads-reach-all-params'],
  'output-shape': ['output-shape'], mode: ['train-mode', 'no-grad-missing'], checkpoint: ['scheduler-in-checkpoint'], splits: ['splits', 'split-leak'], augmentation: ['augmentation', 'aug-on-val'],
  sharpness: ['sharpness'], 'hessian-top-eig': ['hessian-top-eig'], 'lr-finder': ['lr-finder', 'lr-finder-biased'], 'rank-hash': ['ddp-divergence'],
};

/** What the probes found in the training process, the last result of each, and the ten points before a long run. */
export function Probes({ exam }: { exam: Exam }) {
  const { data, error, refetch } = useQuery(eventsOfKindQuery(exam.run.id, 'probe'));
  if (error && !data) return <Failure what="The probes could not be read." error={error} retry={() => void refetch()} />;
  if (!data || data.length === 0) return <p className="quiet-instruments"><b>No probe has run.</b> Probes look where no curve does: whether one batch can be learnt, which rate to take, where a NaN comes from. In Python: <code>tracker.probes</code>.</p>;
  const newest = new Map(data.filter(({ name }) => name && !reliabilityProbe.test(name)).map((event) => [probeKey(event.name!), event]));
  const card = tenPoints(newest, exam.roles.has('lr') || [...exam.roles.keys()].some((role) => role.startsWith('lr/')));
  return (
    <div className="probes">
      <ul className="probe-list">
        {[...newest].filter(([key]) => key !== 'checklist').map(([key, event]) => <Probe key={key} exam={exam} name={key} event={event} />)}
      </ul>
      <section className="instrument" aria-label="Ten points before a long run">
        <h3 className="chart-title">Ten points before a long run</h3>
        <ol className="ten">{card.map((tick) => <Point key={tick.name} tick={tick} />)}</ol>
      </section>
    </div>
  );
}

function Probe({ exam, name, event }: { exam: Exam; name: string; event: RunEvent }) {
  const { loud, note } = findingOf(exam.diagnoses, raised[name] ?? [name]);
  const tone = loud?.tone ?? (note ? 'none' : 'ok');
  const data = event.data ?? {};
  const list = (key: string): number[] => (Array.isArray(data[key]) ? (data[key] as Num[]).map(toNumber) : []);
  const [rates, losses] = [list('rates'), list('losses')];
  return (
    <li className="instrument" data-tone={tone}>
      <div className="chart-head">
        <span className="chart-title">{name.replaceAll('-', ' ')}</span>
        <span className="chart-count">{event.step === null ? '' : `step ${formatCount(event.step)}`}</span>
      </div>
      {losses.length > 2 && (
        rates.length === losses.length
          ? <Curve x={rates} y={losses} log mark={suggested(rates, losses)} label="Loss over learning rate" height={120} />
          : <Curve x={losses.map((_, i) => i)} y={losses} label="Loss on the one batch over its steps" height={120} />
      )}
      <p className="verdict">
        <span className="health" data-tone={tone}>{tone === 'none' ? '–' : <Icon shape={tone} />}<b>{loud ? `${loud.word}.` : tone === 'ok' ? 'Passed.' : 'Noted.'}</b></span>{' '}
        {loud?.text ?? note ?? probeSentence(name, data, formatValue)}
        {loud?.todo && <span className="verdict-do"> Do: {loud.todo}</span>}
      </p>
    </li>
  );
}

/** Where the loss falls fastest, over the logarithm of the rate. */
function suggested(rates: readonly number[], losses: readonly number[]): number | undefined {
  const slopes = losses.slice(2).map((loss, i) => (loss - losses[i]!) / Math.log(rates[i + 2]! / rates[i]!));
  const least = Math.min(...slopes.filter(Number.isFinite));
  return least < 0 ? rates[slopes.indexOf(least) + 1] : undefined;
}

const ticks: Record<Tick['state'], { tone: 'ok' | 'warn' | 'none'; word: string }> = {
  passed: { tone: 'ok', word: 'passed' },
  failed: { tone: 'warn', word: 'failed' },
  unknown: { tone: 'none', word: 'unknown' },
};

function Point({ tick }: { tick: Tick }) {
  const { tone, word } = ticks[tick.state];
  return <li><span className="health" data-tone={tone}>{tone === 'none' ? '–' : <Icon shape={tone} />}{word}</span> <span title={tick.told}>{tick.name}</span></li>;
}
