import { useState } from 'react';
import { changes, useChange, type Channel, type ChannelRequest } from '../../api/alerts';

type Field = 'url' | 'token' | 'channel' | 'signingSecret' | 'to' | 'host' | 'port' | 'security' | 'user' | 'password' | 'from';
type Policy = 'ratePerMinute' | 'digestAfter' | 'digestSeconds' | 'quietFrom' | 'quietTo' | 'quietZone' | 'quietExcept';

const kinds: Record<string, { name: string; fields: Field[] }> = {
  slack: { name: 'Slack (incoming webhook)', fields: ['url', 'signingSecret'] },
  'slack-bot': { name: 'Slack (bot)', fields: ['token', 'channel', 'signingSecret'] },
  discord: { name: 'Discord', fields: ['url'] },
  teams: { name: 'Microsoft Teams', fields: ['url'] },
  webhook: { name: 'Webhook', fields: ['url'] },
  email: { name: 'E-mail', fields: ['to', 'host', 'port', 'security', 'user', 'password', 'from'] },
  desktop: { name: 'Notifications on open pages', fields: [] },
};

const labels: Record<Field | Policy, string> = {
  url: 'Address', token: 'Bot token (xoxb-…)', channel: 'Room', signingSecret: 'Signing secret, for buttons (optional)', to: 'To, parted by commas',
  host: 'Mail server (empty: that of the configuration)', port: 'Port', security: 'Security: Auto, StartTls, Tls or None', user: 'User', password: 'Password', from: 'From',
  ratePerMinute: 'Messages a minute (0: no limit)', digestAfter: 'Alerts of one reason that go by themselves (0: all)', digestSeconds: 'Seconds that the others wait for each other',
  quietFrom: 'Quiet from', quietTo: 'to', quietZone: 'Time zone', quietExcept: 'but not for',
};

const secret: ReadonlySet<Field> = new Set<Field>(['url', 'token', 'signingSecret', 'password']);
const numbers: ReadonlySet<string> = new Set(['port', 'ratePerMinute', 'digestAfter', 'digestSeconds']);

type Values = Partial<Record<Field | Policy | 'name', string>>;

/** What a channel says of itself, as the form holds it; what is secret is empty, and stays as it is unless it is typed anew. */
function valuesOf(channel: Channel): Values {
  const quiet = channel.quietHours;
  const given = { ...channel, to: channel.to?.join(', '), quietFrom: quiet?.from, quietTo: quiet?.to, quietZone: quiet?.timeZone, quietExcept: quiet?.except } as Record<string, unknown>;
  const names = ['name', 'channel', 'to', 'host', 'port', 'security', 'user', 'from', 'ratePerMinute', 'digestAfter', 'digestSeconds', 'quietFrom', 'quietTo', 'quietZone', 'quietExcept'];
  return Object.fromEntries(names.filter((name) => given[name] != null).map((name) => [name, String(given[name])]));
}

function requestOf(values: Values, fields: readonly Field[]): ChannelRequest {
  const request: Record<string, unknown> = {};
  for (const field of ['name', ...fields, 'ratePerMinute', 'digestAfter', 'digestSeconds'] as const) {
    const text = values[field];
    if (text) request[field] = numbers.has(field) ? Number(text) : field === 'to' ? text.split(',').map((address) => address.trim()).filter(Boolean) : text;
  }
  const { quietFrom: from, quietTo: to, quietZone, quietExcept } = values;
  if (from && to) request.quietHours = { from, to, timeZone: quietZone || Intl.DateTimeFormat().resolvedOptions().timeZone, ...(quietExcept ? { except: quietExcept } : {}) };
  return request as ChannelRequest;
}

/** Makes a channel, or changes one. What is secret is typed as such and never comes back. */
export function ChannelForm({ channel, onDone }: { channel?: Channel; onDone?: () => void }) {
  const [kind, setKind] = useState(channel?.kind ?? 'slack');
  const [values, setValues] = useState<Values>(() => (channel ? valuesOf(channel) : {}));
  const [create, patch] = [useChange(changes.createChannel), useChange(changes.patchChannel)];
  const { fields } = kinds[kind]!;
  const input = (name: Field | Policy | 'name', label: string, type = 'text', hint?: string) => (
    <label key={name}>{label}
      <input value={values[name] ?? ''} type={type} autoComplete="off" maxLength={2048} placeholder={hint} onChange={(event) => setValues({ ...values, [name]: event.target.value })} />
    </label>
  );
  const busy = create.isPending || patch.isPending;
  const error = create.error ?? patch.error;
  return (
    <form
      className="alert-form"
      aria-label={channel ? `Change ${channel.name}` : 'Add a channel'}
      onSubmit={(event) => {
        event.preventDefault();
        const request = requestOf(values, fields);
        // Equal times take the quiet hours away.
        if (channel) patch.mutate({ id: channel.id!, ...request, ...(channel.quietHours && !request.quietHours ? { quietHours: { from: '00:00', to: '00:00' } } : {}) }, { onSuccess: () => onDone?.() });
        else create.mutate({ kind, ...request }, { onSuccess: () => setValues({}) });
      }}
    >
      <h3>{channel ? `Change ${channel.name}` : 'Add a channel'}</h3>
      {!channel && (
        <label>Kind
          <select value={kind} onChange={(event) => setKind(event.target.value)}>
            {Object.entries(kinds).map(([key, { name }]) => <option key={key} value={key}>{name}</option>)}
          </select>
        </label>
      )}
      {input('name', 'Name')}
      {fields.map((field) => input(field, labels[field], secret.has(field) ? 'password' : 'text', channel?.secretsSet?.includes(field) ? 'stays as it is' : undefined))}
      <details>
        <summary>How much, and when</summary>
        <div className="alert-form">
          {(['ratePerMinute', 'digestAfter', 'digestSeconds'] as const).map((name) => input(name, labels[name], 'number'))}
          {input('quietFrom', labels.quietFrom, 'time')}
          {input('quietTo', labels.quietTo, 'time')}
          {input('quietZone', labels.quietZone, 'text', Intl.DateTimeFormat().resolvedOptions().timeZone)}
          <label>{labels.quietExcept}
            <select value={values.quietExcept ?? ''} onChange={(event) => setValues({ ...values, quietExcept: event.target.value })}>
              <option value="">nothing: all wait</option>
              {['warn', 'high', 'crit'].map((word) => <option key={word} value={word}>{word} or worse</option>)}
            </select>
          </label>
        </div>
      </details>
      <div className="row">
        <button type="submit" className="primary" disabled={busy}>{channel ? 'Save' : 'Add'}</button>
        {channel && <button type="button" className="quiet" onClick={onDone}>Cancel</button>}
      </div>
      {error && <p role="alert">{error.message}</p>}
      {create.data?.secret && <p role="status">Its secret, shown only now: <code>{create.data.secret}</code></p>}
    </form>
  );
}
