// A browser's side of /hubs/live for the tests: @microsoft/signalr driven by one JSON line a command, answering with one JSON line an event.
// Usage: node browser.mjs <folder whose node_modules holds @microsoft/signalr> <url of the hub> [key]
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [folder, url, key] = process.argv.slice(2);
const { HubConnectionBuilder, LogLevel } = createRequire(`${folder}/package.json`)('@microsoft/signalr');

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const connection = new HubConnectionBuilder().withUrl(url, key ? { accessTokenFactory: () => key } : {}).configureLogging(LogLevel.None).build();
for (const name of ['points', 'histograms', 'run', 'diagnosis', 'alert', 'reset']) {
  connection.on(name, (message) => say({ event: name, message, at: Date.now() }));
}
connection.onclose(() => say({ event: 'closed' }));

const commands = {
  invoke: ({ id, method, args }) =>
    connection.invoke(method, ...args).then((value) => say({ id, value: value ?? null }), (error) => say({ id, error: error.message })),
  // Stops reading altogether, as a browser does whose tab hangs.
  freeze: ({ milliseconds }) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds),
};

await connection.start();
say({ event: 'connected' });
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
});
lines.on('close', () => process.exit(0));
