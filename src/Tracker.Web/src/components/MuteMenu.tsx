import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { mutesQuery, useMutes, type MuteRequest } from '../api/mutes';
import type { Diagnosis } from '../api/types';
import { conditionsOf, mutesOf, scopeOf, spans, untilOf } from '../lib/mutes';
import { wordOf } from '../lib/verdicts';
import { MenuItem, Popover } from './Popover';
import { Ahead } from './time';

interface Props {
  diagnosis: Diagnosis;
  busy: boolean;
  /** Mutes this diagnosis alone, as a verdict. */
  onMute: () => void;
}

/** What of it nobody wants to be told: the diagnosis, its conditions, the run, the project; for how long. */
export function MuteMenu({ diagnosis, busy, onMute }: Props) {
  const [span, setSpan] = useState(0);
  const { add } = useMutes();
  const conditions = conditionsOf(diagnosis);
  const words = [...new Set(conditions.map(wordOf))].join(', ');
  const mute = (scope: Pick<MuteRequest, 'run' | 'project'>, only: boolean) => {
    const rest = { ...scope, ...untilOf(spans[span]!.hours, Date.now()) };
    add.mutate(only ? conditions.map((condition) => ({ ...rest, condition })) : [rest]);
  };
  return (
    <>
      <Popover label="Mute" name="Mute" className="" title="No more messages, and no mark on the charts: of this diagnosis, its conditions, the run or the project.">
        {(close) => {
          const then = (act: () => void) => () => {
            act();
            close();
          };
          return (
            <div className="menu">
              <MenuItem disabled={busy} onClick={then(onMute)}>This diagnosis</MenuItem>
              {conditions.length > 0 && <MenuItem disabled={busy} onClick={then(() => mute({ run: diagnosis.run }, true))}>“{words}” in this run</MenuItem>}
              {conditions.length > 0 && <MenuItem disabled={busy} onClick={then(() => mute({ project: diagnosis.project }, true))}>“{words}” in all runs of {diagnosis.project}</MenuItem>}
              <MenuItem disabled={busy} onClick={then(() => mute({ run: diagnosis.run }, false))}>Everything in this run</MenuItem>
              <MenuItem disabled={busy} onClick={then(() => mute({ project: diagnosis.project }, false))}>Everything in {diagnosis.project}</MenuItem>
              <label className="menu-note">All but the first{' '}
                <select value={span} onChange={(event) => setSpan(Number(event.target.value))}>
                  {spans.map(({ name }, index) => <option key={name} value={index}>{name}</option>)}
                </select>
              </label>
            </div>
          );
        }}
      </Popover>
      {add.error && <span className="said" role="alert">{add.error.message}</span>}
    </>
  );
}

/** The mutes that silence a diagnosis, each with a way to end it. */
export function MutedBy({ diagnosis }: { diagnosis: Diagnosis }) {
  const mutes = useQuery(mutesQuery(diagnosis.project));
  const { end } = useMutes();
  return mutesOf(diagnosis, mutes.data?.items ?? []).map((mute) => (
    <span key={mute.id} className="said">
      Muted: {scopeOf(mute, diagnosis.runName)}{mute.until && <>, ends <Ahead time={mute.until} /></>} · <button type="button" className="link" disabled={end.isPending} onClick={() => end.mutate(mute.id!)}>end</button>
    </span>
  ));
}
