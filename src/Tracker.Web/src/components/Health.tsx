import type { Run, RunState } from '../api/types';
import { toneOf, worst } from '../lib/health';
import { Icon } from './Icon';

/** A run's health in one glance: a shape, a colour and a word. */
export function Health({ run }: { run: Run }) {
  const found = worst(run.diagnoses);
  if (!found) {
    if (run.lastStep === null) return <span className="health" data-tone="none">no points yet</span>;
    return <span className="health" data-tone="ok"><Icon shape="ok" />healthy</span>;
  }
  const tone = toneOf(found.top.severity);
  const title = run.diagnoses.map((diagnosis) => `${diagnosis.title}, since step ${diagnosis.onsetStep}`).join('\n');
  return (
    <span className="health" data-tone={tone} title={title}>
      <Icon shape={tone} />
      <span className="health-word">{found.top.title}</span>
      {found.more > 0 && <span className="health-more">+{found.more}</span>}
    </span>
  );
}

const looks: Record<RunState, { tone: string; shape: 'dot' | 'ring' | 'cross' | 'warn' }> = {
  running: { tone: 'ok', shape: 'dot' },
  finished: { tone: 'none', shape: 'ring' },
  failed: { tone: 'crit', shape: 'cross' },
  killed: { tone: 'none', shape: 'cross' },
  lost: { tone: 'warn', shape: 'warn' },
};

export function StateWord({ state }: { state: RunState }) {
  const { tone, shape } = looks[state];
  return <span className="health" data-tone={tone}><Icon shape={shape} />{state}</span>;
}
