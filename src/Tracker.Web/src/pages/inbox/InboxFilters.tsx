import { useState } from 'react';
import type { InboxFilter } from '../../api/inbox';
import { notifies, setNotifies } from '../../api/notify';
import type { Diagnosis } from '../../api/types';
import type { View } from '../../components/view';
import { wordOf } from '../../lib/verdicts';

interface Props {
  filter: InboxFilter;
  /** The project is given by the page. */
  fixed: boolean;
  projects: readonly string[];
  view: View;
  change: (changes: Partial<View>, step?: boolean) => void;
  /** What is listed: its conditions are offered. */
  seen: readonly Diagnosis[];
}

const states = { open: 'Open', resolved: 'Resolved', all: 'All' };

/** What the inbox is narrowed by; all of it is in the address. */
export function InboxFilters({ filter, fixed, projects, view, change, seen }: Props) {
  const conditions = [...new Set([...(filter.condition ? [filter.condition] : []), ...seen.flatMap((diagnosis) => diagnosis.signals.map((signal) => signal.id))])].sort((a, b) => wordOf(a).localeCompare(wordOf(b)));
  const state = view.state ?? 'open';
  return (
    <div className="tools inbox-filters" role="search" aria-label="Which diagnoses">
      <div className="segmented" role="group" aria-label="State">
        {Object.entries(states).map(([key, name]) => <button key={key} type="button" aria-pressed={state === key} onClick={() => change({ state: key === 'open' ? undefined : key }, true)}>{name}</button>)}
      </div>
      <label>
        at least
        <select value={filter.severity ?? 'warn'} onChange={(event) => change({ severity: event.target.value === 'warn' ? undefined : event.target.value }, true)}>
          <option value="info">note</option>
          <option value="warn">warning</option>
          <option value="high">critical</option>
        </select>
      </label>
      <label>
        answer
        <select value={filter.verdict ?? 'any'} onChange={(event) => change({ verdict: event.target.value === 'none' && view.state === undefined ? undefined : event.target.value }, true)}>
          <option value="none">none yet</option>
          <option value="acknowledged">acknowledged</option>
          <option value="confirmed">confirmed</option>
          <option value="muted">muted</option>
          <option value="wrong">wrong</option>
          <option value="any">any</option>
        </select>
      </label>
      {!fixed && (
        <label>
          project
          <select value={filter.project ?? ''} onChange={(event) => change({ project: event.target.value || undefined }, true)}>
            <option value="">all</option>
            {projects.map((name) => <option key={name} value={name}>{name}</option>)}
          </select>
        </label>
      )}
      <label>
        condition
        <select value={filter.condition ?? ''} onChange={(event) => change({ condition: event.target.value || undefined }, true)}>
          <option value="">any</option>
          {conditions.map((id) => <option key={id} value={id}>{wordOf(id)} ({id})</option>)}
        </select>
      </label>
      <NotifySwitch />
    </div>
  );
}

/** Desktop notifications of new diagnoses, where the browser has them. */
function NotifySwitch() {
  const [on, setOn] = useState(notifies);
  if (!('Notification' in globalThis)) return null;
  const denied = Notification.permission === 'denied';
  return (
    <label title={denied ? 'The browser refuses them for this address; its settings can allow them.' : 'Tells of new diagnoses while this page is open in the background.'}>
      <input type="checkbox" checked={on} disabled={denied} onChange={(event) => void setNotifies(event.target.checked).then(setOn)} />
      desktop notifications
    </label>
  );
}
