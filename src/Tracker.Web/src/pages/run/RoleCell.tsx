import { useState } from 'react';
import { useSetRole } from '../../api/thresholds';
import type { Run, SeriesInfo } from '../../api/types';
import { Popover } from '../../components/Popover';

/** Canonical names; of families the beginning, a layer, class or task behind it. */
const roles = [
  'train/loss', 'val/loss', 'train/accuracy', 'val/accuracy', 'lr', 'grad_norm/total', 'grad_norm/', 'clip/threshold', 'clip/active', 'param_norm/total', 'param_norm/', 'update_ratio/', 'act_mean/', 'act_std/',
  'dead_fraction/', 'saturated_fraction/', 'attention_entropy/', 'logit_max', 'amp/scale', 'val/acc_class_', 'val/ece', 'val/loss_', 'epoch', 'step_time', 'data_time',
];

/** What the analyzer takes a series for, and how to say otherwise. */
export function RoleCell({ run, series }: { run: Run; series: SeriesInfo }) {
  return (
    <Popover label={series.role ?? <span className="cell-none">not judged</span>} name={`Role of ${series.name}: ${series.role ?? 'none'}`} className="quiet role" title="What the analyzer takes it for">
      {(close) => <Form run={run} series={series} close={close} />}
    </Popover>
  );
}

function Form({ run, series, close }: { run: Run; series: SeriesInfo; close: () => void }) {
  const set = useSetRole(run.id, run.config);
  const [role, setRole] = useState(series.role ?? '');
  const give = (name: string) => set.mutate({ series: series.name, role: name }, { onSuccess: close });
  return (
    <form
      className="picker"
      onSubmit={(event) => {
        event.preventDefault();
        give(role.trim());
      }}
    >
      <p>The analyzer takes <b>{series.name}</b> for</p>
      <input type="text" list="roles" aria-label="Role" placeholder="train/loss, grad_norm/layer1" required value={role} onChange={(event) => setRole(event.target.value)} autoFocus />
      <datalist id="roles">{roles.map((name) => <option key={name} value={name} />)}</datalist>
      <p className="picker-foot">
        <button type="submit" className="primary" disabled={set.isPending || role.trim() === (series.role ?? '')}>Save</button>
        <button type="button" className="quiet" disabled={set.isPending} onClick={() => give('none')}>Leave it out</button>
        <button type="button" className="quiet" disabled={set.isPending} title="What its own name says" onClick={() => give(series.name)}>By its name</button>
      </p>
      {set.error && <p role="alert" className="filter-wrong">{set.error.message}</p>}
    </form>
  );
}
