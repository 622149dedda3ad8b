import { useStopRun } from '../../api/actions';
import type { Run } from '../../api/types';
import { Health, StateWord } from '../../components/Health';
import { StopButton } from '../../components/StopButton';
import { useNow } from '../../components/time';
import { summariseConfig } from '../../lib/config';
import { worst } from '../../lib/health';
import { formatCount } from '../../lib/numbers';
import { formatDuration, formatExact } from '../../lib/times';

/** Name, state, health, how long, how far, and what was trained. */
export function RunHeader({ run, colour }: { run: Run; colour: string }) {
  const stop = useStopRun(run.id);
  const total = run.config.total_steps;
  const facts = [
    run.lastStep !== null && `step ${formatCount(run.lastStep)}${typeof total === 'number' ? ` of ${formatCount(total)}` : ''}`,
    summariseConfig(run.config),
    run.exitCode !== null && run.exitCode !== 0 && `exit code ${run.exitCode}`,
  ].filter(Boolean);
  return (
    <header className="run-header">
      <h1><i style={{ background: colour }} aria-hidden="true" />{run.name}</h1>
      <StateWord state={run.state} />
      {/* What is wrong stands right below; only what is well is said here. */}
      {worst(run.diagnoses) === null && <Health run={run} />}
      <p><Duration run={run} /> · {facts.join(' · ')}</p>
      <div className="run-header-end">
        {run.tags.length > 0 && <span>{run.tags.join(', ')}</span>}
        {run.stop && <span>stop asked{run.stop.reason && `: ${run.stop.reason}`}</span>}
        {stop.error && <span role="alert">{stop.error.message}</span>}
        {run.state === 'running' && <StopButton asked={run.stop !== null} busy={stop.isPending} onStop={() => stop.mutate(undefined)} />}
      </div>
    </header>
  );
}

/** How long the run has gone or went; apart from the rest, as it ticks. */
function Duration({ run }: { run: Run }) {
  const now = useNow(1000);
  const begun = Date.parse(run.createdAt);
  const ended = run.finishedAt === null ? now : Date.parse(run.finishedAt);
  return <span title={`Began ${formatExact(begun)}`}>{formatDuration((ended - begun) / 1000)}</span>;
}
