import { useState } from 'react';
import { changes, useChange, type Channel, type Route } from '../../api/alerts';
import { Sure } from '../../components/Sure';

const severities = ['info', 'warn', 'high', 'crit'];

/** The routes of a project, and a form for another one. */
export function Routes({ project, routes, channels }: { project: string; routes: readonly Route[]; channels: readonly Channel[] }) {
  const remove = useChange(changes.deleteRoute);
  return (
    <>
      {routes.length === 0 && <p className="dim">Every channel gets what is a warning or worse. As soon as there is a route, only routes decide.</p>}
      <ul className="plain">
        {routes.map((route) => (
          <li key={route.id} className="row delivery">
            <b>{route.name}</b>
            <span className="dim grow">{describe(route)} → {route.channels?.map((id) => channels.find((channel) => channel.id === id)?.name ?? id).join(', ')}{route.project ? '' : ' (all projects)'}</span>
            <Sure label="Delete" busy={remove.isPending} onSure={() => remove.mutate(route.id!)} />
          </li>
        ))}
      </ul>
      {channels.length > 0 && <RouteForm project={project} channels={channels} />}
    </>
  );
}

function describe({ match }: Route): string {
  const parts = [`${match?.severity ?? 'warn'} or worse`];
  for (const [name, list] of [['types', match?.types], ['conditions', match?.conditions], ['tags', match?.tags], ['groups', match?.groups], ['users', match?.users]] as const)
    if (list?.length) parts.push(`${name}: ${list.join(', ')}`);
  return parts.join('; ');
}

const fields = ['types', 'conditions', 'tags', 'groups', 'users'] as const;

function RouteForm({ project, channels }: { project: string; channels: readonly Channel[] }) {
  const [name, setName] = useState('');
  const [severity, setSeverity] = useState('warn');
  const [texts, setTexts] = useState<Partial<Record<(typeof fields)[number], string>>>({});
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const create = useChange(changes.createRoute);
  const list = (text: string | undefined) => text?.split(',').map((word) => word.trim()).filter(Boolean);
  return (
    <form
      className="alert-form"
      onSubmit={(event) => {
        event.preventDefault();
        const match = { severity, ...Object.fromEntries(fields.map((field) => [field, list(texts[field])]).filter(([, words]) => words?.length)) };
        create.mutate({ project, name: name || 'route', match, channels: [...chosen] }, { onSuccess: () => setName('') });
      }}
    >
      <h3>Add a route</h3>
      <label>Name<input value={name} maxLength={128} onChange={(event) => setName(event.target.value)} /></label>
      <label>Least severity
        <select value={severity} onChange={(event) => setSeverity(event.target.value)}>{severities.map((word) => <option key={word}>{word}</option>)}</select>
      </label>
      {fields.map((field) => (
        <label key={field}>{field}, parted by commas (empty: any)
          <input value={texts[field] ?? ''} onChange={(event) => setTexts({ ...texts, [field]: event.target.value })} />
        </label>
      ))}
      <fieldset>
        <legend>To</legend>
        {channels.map((channel) => (
          <label key={channel.id} className="row">
            <input
              type="checkbox"
              checked={chosen.has(channel.id!)}
              onChange={(event) => setChosen(new Set(event.target.checked ? [...chosen, channel.id!] : [...chosen].filter((id) => id !== channel.id)))}
            />
            {channel.name}
          </label>
        ))}
      </fieldset>
      <button type="submit" className="primary" disabled={create.isPending || chosen.size === 0}>Add</button>
      {create.error && <p role="alert">{create.error.message}</p>}
    </form>
  );
}
