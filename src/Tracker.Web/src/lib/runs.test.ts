import { expect, test } from 'vitest';
import { bandOf, envelope } from './bands';
import { arranged, moveColumn, nextOrder, readColumns, readOrder, writeColumns, writeOrder } from './columns';
import { writeCsv } from './csv';
import { configField, metricField, parseField, valueOf, type Row } from './fields';
import { asFilter, complete, tokens, type Names } from './filter';
import { aggregate, groupsOf, summary } from './groups';

const row = (id: string, config: Record<string, unknown>, loss: number): Row => ({
  id, name: id, state: 'finished', tags: [], group: null, jobType: null, notes: null, reference: null, exitCode: 0, createdAt: '2026-11-22T10:00:00Z', finishedAt: '2026-11-22T10:01:30Z',
  lastStep: 10, sequence: 1, projectSequence: 1, stop: null, diagnoses: [], config, metrics: { 'val/loss': { last: loss } },
});

test('A field is read as the server reads it', () => {
  expect(parseField('metrics.val/loss.min')).toEqual({ kind: 'metric', series: 'val/loss', form: 'min' });
  expect(parseField('metrics."loss.min"')).toEqual({ kind: 'metric', series: 'loss.min', form: 'last' });
  expect(parseField('config.optimizer.name')).toEqual({ kind: 'config', path: 'optimizer.name' });
  expect(parseField('state')).toEqual({ kind: 'attribute', name: 'state' });
  for (const series of ['val/loss', 'top 1', 'loss.min', 'a"b', 'grad_2.0_norm']) expect(parseField(metricField(series, 'max'))).toEqual({ kind: 'metric', series, form: 'max' });
  expect(configField('data.batch size')).toBe('config.data."batch size"');
  expect(valueOf(row('a', {}, 1), parseField('duration'))).toBe(90);
});

test('Columns survive the URL, whatever their names hold', () => {
  const columns = [{ field: 'name', width: 220, pinned: true }, { field: 'metrics."a;b:c^d%"', width: undefined, pinned: undefined }, { field: 'config.lr', width: 80, pinned: undefined }];
  expect(readColumns(writeColumns(columns))).toEqual(columns);
  expect(readColumns('name;name;;:3')).toHaveLength(1);
});

test('A moved column takes the place of the other and its pin', () => {
  const columns = readColumns('^name;health;state;spark');
  expect(moveColumn(columns, 'spark', 'health').map(({ field }) => field)).toEqual(['name', 'spark', 'health', 'state']);
  expect(moveColumn(columns, 'health', 'spark').map(({ field }) => field)).toEqual(['name', 'state', 'spark', 'health']);
  expect(arranged(moveColumn(columns, 'state', 'name')).map(({ field, pinned }) => [field, pinned])[0]).toEqual(['state', true]);
});

test('A heading orders up, then down, then no longer', () => {
  let keys = nextOrder([], 'a', false);
  expect(writeOrder(keys)).toBe('a');
  keys = nextOrder(keys, 'a', false);
  expect(writeOrder(keys)).toBe('a desc');
  expect(writeOrder(nextOrder(keys, 'b', true))).toBe('a desc, b');
  expect(nextOrder(keys, 'a', false)).toEqual([]);
  expect(readOrder('metrics."a, b".min, createdAt desc')).toEqual([{ field: 'metrics."a, b".min', descending: false }, { field: 'createdAt', descending: true }]);
});

const names: Names = {
  metrics: [{ name: 'train/loss', field: 'metrics.train/loss' }, { name: 'val/loss', field: 'metrics.val/loss' }], config: [{ name: 'lr', field: 'config.lr' }],
  attributes: ['name', 'state', 'tags'], tags: ['base line'], groups: [], jobTypes: [], values: new Map([['lr', ['0.1']]]),
};
const offered = (text: string) => complete(text, text.length, names).options.map((option) => option.text);

test('The filter completes what can stand at the caret', () => {
  expect(offered('')).toContain('state');
  expect(offered('los')).toEqual(['metrics.train/loss', 'metrics.val/loss']);
  expect(offered('state ')).toEqual(expect.arrayContaining(['=', 'in']));
  expect(offered('tags ')).toEqual(['has', 'not has']);
  expect(offered('tags has ba')).toEqual(['"base line"']);
  expect(offered('state = ')).toContain('"running"');
  expect(offered('state in ("running", ')).toContain('"lost"');
  expect(offered('config.lr = ')).toEqual(['0.1']);
  expect(offered('state = "running" ')).toEqual(['and', 'or']);
  expect(offered('state = "running" and met')).toEqual(['metrics.train/loss', 'metrics.val/loss']);
  expect(offered('metrics.val/loss.m')).toContain('metrics.val/loss.min');
  expect(complete('sta = "x"', 2, names)).toMatchObject({ from: 0, to: 3 });
});

test('Words of a filter are told apart', () => {
  expect(tokens('not metrics."top 1".min <= 0.3 and tags has "a"').map(({ kind }) => kind)).toEqual(['keyword', 'field', 'operator', 'value', 'keyword', 'field', 'keyword', 'quoted']);
});

test('Plain words look in names, ids, groups and tags', () => {
  expect(asFilter('res_net')).toContain('name ilike "%res\\\\_net%"');
  expect(asFilter('state = "running"')).toBe('state = "running"');
  expect(asFilter('config.lr')).toBe('config.lr');
  expect(asFilter('  ')).toBe('');
});

test('Groups keep their first order and sum up what their runs have', () => {
  const rows = [row('a', { lr: 0.1 }, 1), row('b', { lr: 0.01 }, 5), row('c', { lr: 0.1 }, 3), row('d', {}, NaN)];
  const groups = groupsOf(rows, [parseField('config.lr')]);
  expect(groups.map(({ values, rows: { length } }) => [values[0], length])).toEqual([['0.1', 2], ['0.01', 1], [null, 1]]);
  expect(summary(groups[0]!.rows, parseField('metrics.val/loss'))).toEqual({ aggregate: { mean: 2, min: 1, max: 3, count: 2, std: Math.SQRT2 } });
  expect(summary(rows, parseField('name'))).toEqual({ text: '4 values' });
  expect(aggregate([1e9 + 1, 1e9 + 2, 1e9 + 3])!.std).toBeCloseTo(1, 9);
});

test('A band keeps every spike and means only the curves that reach there', () => {
  const band = bandOf([{ x: [0, 1, 2, 3], y: [1, 9, 1, 1] }, { x: [0, 2], y: [3, 3] }], 100);
  expect(band.x).toEqual([0, 1, 2, 3]);
  expect(band.mean).toEqual([2, 6, 2, 1]);
  expect(band.high).toEqual([3, 9, 3, 1]);
  const long = bandOf([{ x: Array.from({ length: 1000 }, (_, i) => i), y: Array.from({ length: 1000 }, (_, i) => (i === 501 ? 50 : 0)) }], 10);
  expect(long.x).toHaveLength(10);
  expect(Math.max(...long.high)).toBe(50);
});

test('A CSV cell keeps commas, quotes and numbers, and is no formula', () => {
  expect(writeCsv([['a,b', 'c"d', -1.5, NaN, null, '=1+1', '-x']])).toBe('"a,b","c""d",-1.5,NaN,,\'=1+1,\'-x\r\n');
});

test('An envelope is the least and greatest of the neighbours', () => {
  expect(envelope([3, 1, 4, 1, 5, 9, 2], 1)).toEqual({ low: [1, 1, 1, 1, 1, 2, 2], high: [3, 4, 4, 5, 9, 9, 9] });
  expect(envelope([], 3)).toEqual({ low: [], high: [] });
});
