// 50 browsers on 20 live runs, as many connections to the hub: what they cost the server beyond the runs themselves.
import { readFileSync } from 'node:fs';
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import { api } from './seed.mjs';

/** Seconds of processor time that a process has used. */
const used = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

export async function fan({ report, server, pid }) {
  if (!pid) return console.error('fan: give the process id of the server with --pid.');
  const names = Array.from({ length: 40 }, (_, i) => `train/fan-${i}`);
  let going = true;
  const runs = await Promise.all(Array.from({ length: 20 }, () => api(server, '/runs', { project: 'measure-fan' })));
  const training = runs.map(async ({ id }) => {
    for (let step = 0; going; step++) {
      const due = Date.now() + 200;
      await api(server, `/runs/${id}/log`, { writer: 'w', batch: step + 1, series: names.map((name) => ({ name, steps: [step], values: [Math.random()] })) });
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    }
  });
  const share = async (seconds) => {
    const before = used(pid);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return ((used(pid) - before) / seconds) * 100;
  };
  await share(10);
  const alone = await share(15);
  let messages = 0;
  const browsers = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const hub = new HubConnectionBuilder().withUrl(`${server}/hubs/live`, { skipNegotiation: true, transport: HttpTransportType.WebSockets }).configureLogging(LogLevel.None).build();
    for (const name of ['points', 'run', 'diagnosis', 'histograms', 'alert', 'reset']) hub.on(name, () => messages++);
    await hub.start();
    await hub.invoke('WatchRun', runs[i % runs.length].id, [], 0);
    await hub.invoke('WatchProject', 'measure-fan');
    return hub;
  }));
  await share(5);
  messages = 0;
  const watched = await share(15);
  report('dashboard-fan-server-without-browsers', alone, '% of a core');
  report('dashboard-fan-server-with-50-browsers', watched, '% of a core');
  report('dashboard-fan-cost-of-a-browser', (watched - alone) / 50, '% of a core', 1);
  report('dashboard-fan-messages', messages / 15, 'messages/s');
  going = false;
  await Promise.all(browsers.map((hub) => hub.stop()));
  await Promise.all(training);
  await Promise.all(runs.map(({ id }) => api(server, `/runs/${id}/finish`, {})));
}
