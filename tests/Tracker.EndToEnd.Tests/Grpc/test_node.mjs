// tracker.v1.Ingest seen by @grpc/grpc-js. Usage: TRACKER_GRPC=host:port TRACKER_URL=… TRACKER_PROTO=proto WEB=src/Tracker.Web node --test test_node.mjs
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, test } from 'node:test';

const require = createRequire(`${process.env.WEB}/package.json`);
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const options = { includeDirs: [process.env.TRACKER_PROTO], keepCase: true, longs: Number, enums: String };
const { Ingest } = grpc.loadPackageDefinition(loader.loadSync('tracker/v1/ingest.proto', options)).tracker.v1;
const { Health } = grpc.loadPackageDefinition(loader.loadSync('grpc/health/v1/health.proto', options)).grpc.health.v1;
const connect = (more) => new Ingest(process.env.TRACKER_GRPC, grpc.credentials.createInsecure(), more);
const client = connect();
after(() => client.close());

const call = (method, request, more = {}, by = client) =>
  new Promise((resolve, reject) => by[method](request, new grpc.Metadata(), more, (error, answer) => (error ? reject(error) : resolve(answer))));
const create = async () => (await call('CreateRun', { project: 'grpc' })).id;
const names = Array.from({ length: 100 }, (_, i) => `layer${i}/norm`);
const batch = (run, number, { writer = 'w', series = names, steps = 10 } = {}) => {
  const at = Array.from({ length: steps }, (_, i) => (number - 1) * steps + i);
  return { run, writer, batch: number, series: series.map((name) => ({ name, steps: at, times: at.map((s) => 1_760_000_000_000 + s), values: at.map((s) => s / 7) })) };
};
const points = async (run, name) => (await (await fetch(`${process.env.TRACKER_URL}/api/v1/runs/${run}/points?name=${name}&format=csv`)).text()).trim().split('\n').slice(1);

/** Sends all, honouring back pressure, and gathers the acknowledgements. */
async function stream(requests, { by = client, options: more = {} } = {}) {
  const duplex = by.LogStream(new grpc.Metadata(), more);
  const acks = [];
  let status;
  const ended = new Promise((resolve, reject) => duplex.on('data', (ack) => acks.push(ack.accepted_through)).on('end', resolve).on('error', reject).on('status', (s) => (status = s)));
  ended.catch(() => {});
  for (const request of requests) {
    if (!duplex.write(request)) await Promise.race([new Promise((drained) => duplex.once('drain', drained)), ended]);
  }
  duplex.end();
  await ended;
  return { acks, status };
}

test('unary calls, gzip and large answers', async () => {
  const run = await create();
  const gzip = connect({ 'grpc.default_compression_algorithm': 2 });
  assert.equal((await call('Log', batch(run, 1), {}, gzip)).accepted_through, 1);
  assert.equal((await stream([2, 3, 4].map((n) => batch(run, n)), { by: gzip })).acks.at(-1), 4);
  const far = { run, writer: 'w', batch: 5, series: [{ name: 'far', steps: Array.from({ length: 4_000 }, (_, i) => 2 ** 54 + i * 4), values: Array(4_000).fill(0) }] };
  assert.equal((await call('Log', far, {}, gzip)).rejected.length, 1_000);
  gzip.close();
  assert.equal((await call('Finish', { run, state: 'killed' })).state, 'killed');
});

test('five thousand streamed messages of 14 KB', async () => {
  const run = await create();
  const { acks, status } = await stream((function* () { for (let n = 1; n <= 5_000; n++) yield batch(run, n); })());
  assert.deepEqual(acks, Array.from({ length: 5_000 }, (_, i) => i + 1));
  assert.equal(status.code, grpc.status.OK);
  assert.equal((await points(run, names[99])).length, 50_000);
});

test('statuses carry field, reason and what is stored', async () => {
  const run = await create();
  await assert.rejects(call('Log', { run, series: [{ name: 'a', steps: [1, 2], values: [1] }] }), (error) => error.code === grpc.status.INVALID_ARGUMENT && error.details.startsWith('series[0].values: '));
  await call('Log', batch(run, 1));
  await assert.rejects(call('Log', batch(run, 3)), (error) =>
    error.code === grpc.status.FAILED_PRECONDITION && error.metadata.get('tracker-accepted-through')[0] === '1' && error.metadata.get('grpc-status-details-bin')[0].includes('BATCH_OUT_OF_ORDER'));
  await assert.rejects(stream([batch(run, 2), batch(run, 9)]), { code: grpc.status.FAILED_PRECONDITION });
  await assert.rejects(call('Log', batch('nowhere', 1)), { code: grpc.status.NOT_FOUND });
});

test('deadlines and cancellation in the middle of a stream', async () => {
  const run = await create();
  await assert.rejects(call('Log', batch(run, 1), { deadline: Date.now() - 1 }), { code: grpc.status.DEADLINE_EXCEEDED });
  const duplex = client.LogStream(new grpc.Metadata(), { deadline: Date.now() + 800 });
  const error = await new Promise((resolve) => {
    duplex.on('error', resolve).on('data', () => {});
    duplex.write(batch(run, 1));
  });
  assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
  const cancelled = client.LogStream();
  const code = await new Promise((resolve) => {
    let next = 2;
    cancelled.on('error', (e) => resolve(e.code)).on('data', (ack) => (ack.accepted_through === 30 ? cancelled.cancel() : cancelled.write(batch(run, next++))));
    cancelled.write(batch(run, 1));
  });
  assert.equal(code, grpc.status.CANCELLED);
  assert.equal((await points(run, names[0])).length >= 300, true);
});

test('messages over the limit', async () => {
  const run = await create();
  const huge = { run, series: [{ name: 'a', values: new Float64Array(2_200_000) }] };
  huge.series[0].values = Array.from(huge.series[0].values);
  await assert.rejects(call('Log', huge), { code: grpc.status.RESOURCE_EXHAUSTED });
  await assert.rejects(stream([huge]), { code: grpc.status.RESOURCE_EXHAUSTED });
});

test('unknown methods', async () => {
  await assert.rejects(new Promise((_, reject) => client.makeUnaryRequest('/tracker.v1.Ingest/Nothing', (x) => x, (x) => x, Buffer.alloc(0), reject)), { code: grpc.status.UNIMPLEMENTED });
});

test('many streams on one channel', async () => {
  const run = await create();
  const done = await Promise.all(Array.from({ length: 200 }, (_, i) => stream([1, 2, 3].map((n) => batch(run, n, { writer: `w${i}`, series: ['a', 'b'] })))));
  for (const { acks } of done) assert.deepEqual(acks, [1, 2, 3]);
  assert.equal((await points(run, 'a')).length, 200 * 30);
});

test('keepalive pings on a silent stream', async () => {
  const pinging = connect({ 'grpc.keepalive_time_ms': 300, 'grpc.keepalive_timeout_ms': 1_000, 'grpc.keepalive_permit_without_calls': 1 });
  const run = await create();
  const duplex = pinging.LogStream();
  const acks = [];
  const ended = new Promise((resolve, reject) => duplex.on('data', (ack) => acks.push(ack.accepted_through)).on('end', resolve).on('error', reject));
  duplex.write(batch(run, 1));
  await sleep(2_500);
  duplex.write(batch(run, 2));
  duplex.end();
  await ended;
  assert.deepEqual(acks, [1, 2]);
  pinging.close();
});

test('health', async () => {
  const health = new Health(process.env.TRACKER_GRPC, grpc.credentials.createInsecure());
  assert.equal((await call('Check', { service: 'tracker.v1.Ingest' }, {}, health)).status, 'SERVING');
  await assert.rejects(call('Check', { service: 'x' }, {}, health), { code: grpc.status.NOT_FOUND });
  health.close();
});
