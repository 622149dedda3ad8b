import type { Diagnosis } from './types';

const key = 'tracker.notify';
const told = new Set<string>();

const stored = (): boolean => {
  try {
    return localStorage.getItem(key) === 'on';
  } catch {
    return false;
  }
};

/** Whether the person wants desktop notifications, and the browser allows them. */
export const notifies = (): boolean => 'Notification' in globalThis && Notification.permission === 'granted' && stored();

/** Switches them on (the browser asks) or off; the answer is what holds then. */
export async function setNotifies(on: boolean): Promise<boolean> {
  if (on && Notification.permission === 'default') await Notification.requestPermission();
  try {
    if (on) localStorage.setItem(key, 'on');
    else localStorage.removeItem(key);
  } catch {
    // Without storage the choice lasts as long as the page; nothing is lost.
  }
  return notifies();
}

/** Tells of a new diagnosis once, where nobody looks at the page: what is seen needs no telling. */
export function notify(diagnosis: Diagnosis): void {
  const { id, severity, state, verdict, title, runName, project, run } = diagnosis;
  if (severity === 'info' || state !== 'open' || verdict !== null || told.has(id)) return;
  told.add(id);
  // What was raised long ago comes with a reconnect.
  if (!document.hidden || !notifies() || Date.now() - Date.parse(diagnosis.raisedAt) > 600_000) return;
  const note = new Notification(`${runName}: ${title}`, { body: `${diagnosis.causes[0]?.title ?? ''} · ${project}`, tag: id });
  note.onclick = () => {
    focus();
    location.assign(`/runs/${encodeURIComponent(run)}`);
  };
}

/** What the hub says of an alert; enough for a notification. */
export interface LiveAlert {
  id: string;
  type: string;
  data: { severity: string; title: string; symptom: string; run: string; runName: string };
}

/** Tells of what is no diagnosis: a lost or failed run, a rule, a line of code. Diagnoses are told by {@link notify}. */
export function notifyAlert({ id, type, data }: LiveAlert): void {
  if (type.startsWith('diagnosis.') || type.endsWith('.resolved') || data.severity === 'info' || told.has(id)) return;
  told.add(id);
  if (!document.hidden || !notifies()) return;
  const note = new Notification(`${data.runName}: ${data.title}`, { body: data.symptom, tag: id });
  note.onclick = () => {
    focus();
    location.assign(`/runs/${encodeURIComponent(data.run)}`);
  };
}
