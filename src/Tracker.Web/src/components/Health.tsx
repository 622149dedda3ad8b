import type { Run, RunState } from '../api/types';
import { healthyCause, toneOf, worst } from '../lib/health';
import { Icon } from './Icon';

/** A run's health in one glance: a shape, a colour and a word. Notes do not count; "healthy" is said only where the analyzer says so. */
export function Health({ run }: { run: Pick<Run, 'diagnoses' | 'lastStep'> }) {
  const found = worst(run.diagnoses);
  if (!found) {
    if (run.diagnoses.some((diagnosis) => diagnosis.cause === healthyCause)) return <span className="health" data-tone="ok"><Icon shape="ok" />healthy</span>;
    if (run.lastStep === null) return <span className="health" data-tone="none">no points yet</span>;
    return <span className="health" data-tone="none" title="No warning stands, and it is too early, or too little is logged, to call the run healthy.">– no findings</span>;
  }
  const tone = toneOf(found.top.severity);
  const loud = run.diagnoses.filter((diagnosis) => diagnosis.severity !== 'info');
  return (
    <span className="health" data-tone={tone} title={loud.map((diagnosis) => `${diagnosis.title}, since step ${diagnosis.onsetStep}`).join('\n')}>
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
