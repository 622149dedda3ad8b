import { useState } from 'react';
import { changes, useChange, type ChannelRequest } from '../../api/alerts';

type Field = 'url' | 'token' | 'channel' | 'signingSecret' | 'to' | 'host' | 'port' | 'user' | 'password' | 'from';

const kinds: Record<string, { name: string; fields: Field[] }> = {
  slack: { name: 'Slack (incoming webhook)', fields: ['url'] },
  'slack-bot': { name: 'Slack (bot)', fields: ['token', 'channel', 'signingSecret'] },
  discord: { name: 'Discord', fields: ['url'] },
  teams: { name: 'Microsoft Teams', fields: ['url'] },
  webhook: { name: 'Webhook', fields: ['url'] },
  email: { name: 'E-mail', fields: ['to', 'host', 'port', 'user', 'password', 'from'] },
};

const labels: Record<Field, string> = {
  url: 'Address', token: 'Bot token (xoxb-…)', channel: 'Room', signingSecret: 'Signing secret, for buttons (optional)', to: 'To, parted by commas',
  host: 'Mail server (empty: that of the configuration)', port: 'Port', user: 'User', password: 'Password', from: 'From',
};

const secret: ReadonlySet<Field> = new Set<Field>(['url', 'token', 'signingSecret', 'password']);

/** Makes a channel. What is secret is typed as such and never comes back. */
export function ChannelForm() {
  const [kind, setKind] = useState('slack');
  const [values, setValues] = useState<Partial<Record<Field | 'name', string>>>({});
  const create = useChange(changes.createChannel);
  const request = (): ChannelRequest => {
    const filled = Object.fromEntries(kinds[kind]!.fields.filter((field) => values[field]).map((field) => [field, values[field]])) as Record<string, unknown>;
    if (typeof filled.to === 'string') filled.to = filled.to.split(',').map((address) => address.trim()).filter(Boolean);
    if (typeof filled.port === 'string') filled.port = Number(filled.port);
    return { kind, ...(values.name ? { name: values.name } : {}), ...filled } as ChannelRequest;
  };
  return (
    <form
      className="alert-form"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(request(), { onSuccess: () => setValues({}) });
      }}
    >
      <h3>Add a channel</h3>
      <label>Kind
        <select value={kind} onChange={(event) => setKind(event.target.value)}>
          {Object.entries(kinds).map(([key, { name }]) => <option key={key} value={key}>{name}</option>)}
        </select>
      </label>
      <label>Name<input value={values.name ?? ''} maxLength={128} onChange={(event) => setValues({ ...values, name: event.target.value })} /></label>
      {kinds[kind]!.fields.map((field) => (
        <label key={field}>{labels[field]}
          <input
            value={values[field] ?? ''}
            type={secret.has(field) ? 'password' : 'text'}
            autoComplete="off"
            onChange={(event) => setValues({ ...values, [field]: event.target.value })}
          />
        </label>
      ))}
      <button type="submit" className="primary" disabled={create.isPending}>Add</button>
      {create.error && <p role="alert">{create.error.message}</p>}
      {create.data?.secret && <p role="status">Its secret, shown only now: <code>{create.data.secret}</code></p>}
    </form>
  );
}
