import { forms, parseField } from './fields';

export interface Token {
  kind: 'field' | 'operator' | 'keyword' | 'value' | 'punctuation' | 'quoted';
  from: number;
  to: number;
  text: string;
}

const pattern = /(?<quoted>(["'`])(?:\\.|(?!\2).)*(?:\2|$))|(?<operator>==|<=|>=|!=|<>|[=<>!])|(?<punctuation>[(),])|(?<bare>(?:[^\s,()=<>!"'`]|(?<=\.)(["'`])(?:\\.|(?!\6).)*(?:\6|$))+)/gs;
const joins = new Set(['and', 'or', 'not']);
const operators = new Set(['like', 'ilike', 'in', 'has', 'is']);

/** Cuts a filter into what it is made of, as the server does, and says of each word what it is there. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  let state: 'field' | 'operator' | 'value' | 'join' = 'field';
  let list = false;
  for (const match of text.matchAll(pattern)) {
    const [word] = match;
    const from = match.index;
    const lower = word.toLowerCase();
    const add = (kind: Token['kind']) => found.push({ kind, from, to: from + word.length, text: word });
    if (match.groups?.punctuation) {
      add('punctuation');
      if (word === '(') list = state === 'value';
      else if (word === ')') {
        list = false;
        state = 'join';
      }
    } else if (match.groups?.operator) {
      add('operator');
      state = 'value';
    } else if (match.groups?.quoted) {
      add('quoted');
      if (!list) state = 'join';
    } else if (state === 'join' && joins.has(lower)) {
      add('keyword');
      state = 'field';
    } else if (state === 'field' && lower === 'not') add('keyword');
    else if (state === 'operator' && (operators.has(lower) || lower === 'not')) {
      add('keyword');
      if (lower !== 'not') state = 'value';
    } else if (state === 'value' && (lower === 'null' || lower === 'not')) {
      add('keyword');
      if (lower === 'null') state = 'join';
    } else if (state === 'value') {
      add('value');
      if (!list) state = 'join';
    } else {
      add('field');
      state = 'operator';
    }
  }
  return found;
}

/** What a project's runs have that a filter can name. */
export interface Names {
  metrics: readonly { name: string; field: string }[];
  config: readonly { name: string; field: string }[];
  attributes: readonly string[];
  tags: readonly string[];
  groups: readonly string[];
  jobTypes: readonly string[];
  /** Values of config keys that are known, by path. */
  values: ReadonlyMap<string, readonly string[]>;
}

export interface Completion {
  from: number;
  to: number;
  options: { text: string; note: string }[];
}

const most = 12;
const quoted = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** What could stand at the caret, best first: names of fields, then operators, values and connectives. */
export function complete(text: string, caret: number, names: Names): Completion {
  const before = tokens(text.slice(0, caret));
  const last = before.at(-1);
  // A word that the caret touches is completed; after a space the next one is asked for.
  const open = last && last.to === caret && last.kind !== 'punctuation' && last.kind !== 'operator' ? last : undefined;
  const done = open ? before.slice(0, -1) : before;
  const typed = open?.text ?? '';
  const whole = open && tokens(text).find((token) => token.from === open.from);
  const range = { from: open?.from ?? caret, to: Math.max(caret, whole?.to ?? caret) };
  const previous = done.at(-1);
  const pick = (options: Completion['options'], by = typed): Completion => ({ ...range, options: ranked(options, by).slice(0, most) });

  const field = [...done].reverse().find((token) => token.kind === 'field');
  const listing = inList(done);
  if (previous && (previous.kind === 'operator' || listing || (previous.kind === 'keyword' && operators.has(previous.text.toLowerCase())))) {
    if (previous.text.toLowerCase() === 'is') return pick([{ text: 'null', note: 'has no value' }, { text: 'not null', note: 'has a value' }]);
    if (previous.text.toLowerCase() === 'in') return pick([{ text: '(', note: 'a list' }]);
    return pick(field ? valuesOf(field.text, names) : [], typed.replace(/^["'`]/, ''));
  }
  if (previous?.kind === 'field' || (previous?.text.toLowerCase() === 'not' && done.at(-2)?.kind === 'field')) return pick(operatorsOf(previous.kind === 'field' ? previous.text : done.at(-2)!.text));
  if (previous && (previous.kind === 'value' || previous.kind === 'quoted' || previous.text === ')' || previous.text.toLowerCase() === 'null')) {
    return pick([{ text: 'and', note: '' }, { text: 'or', note: '' }]);
  }
  return pick(fieldsOf(names, typed));
}

function inList(done: readonly Token[]): boolean {
  for (let i = done.length - 1; i >= 0; i--) {
    if (done[i]!.text === ')') return false;
    if (done[i]!.text === '(') return done[i - 1]?.text.toLowerCase() === 'in' && done.at(-1)!.kind === 'punctuation';
  }
  return false;
}

function fieldsOf({ metrics, config, attributes }: Names, typed: string): Completion['options'] {
  const exact = metrics.find((metric) => typed === metric.field || typed.startsWith(`${metric.field}.`));
  return [
    ...(exact ? forms.map((form) => ({ text: `${exact.field}.${form}`, note: 'metric' })) : []),
    ...attributes.map((name) => ({ text: name, note: 'attribute' })),
    ...config.map((item) => ({ text: item.field, note: 'config' })),
    ...metrics.map((item) => ({ text: item.field, note: 'metric' })),
  ];
}

const words = /^(tags|diagnoses\.condition|diagnoses\.cause)$/;
function operatorsOf(field: string): Completion['options'] {
  if (words.test(field)) return [{ text: 'has', note: 'one of its words' }, { text: 'not has', note: '' }];
  const kind = parseField(field).kind;
  const numbers = ['<', '>', '<=', '>='].map((text) => ({ text, note: '' }));
  const texts = [{ text: 'like', note: '% any text' }, { text: 'ilike', note: 'in any case' }, { text: 'in', note: 'one of a list' }];
  return [{ text: '=', note: '' }, { text: '!=', note: '' }, ...(kind === 'metric' ? numbers : [...numbers, ...texts]), { text: 'is', note: 'null or not null' }];
}

function valuesOf(field: string, names: Names): Completion['options'] {
  const known: Record<string, readonly string[]> = {
    state: ['running', 'finished', 'failed', 'killed', 'lost'], 'diagnoses.severity': ['info', 'warn', 'high', 'crit'], tags: names.tags, group: names.groups, jobType: names.jobTypes,
  };
  const parsed = parseField(field);
  if (parsed.kind === 'config') return (names.values.get(parsed.path) ?? []).map((text) => ({ text, note: 'value' }));
  return (known[field] ?? []).map((text) => ({ text: quoted(text), note: 'value' }));
}

/** Those that begin with what is typed, then those in which a part does, then those that have it anywhere. */
function ranked(options: Completion['options'], typed: string): Completion['options'] {
  const wanted = typed.toLowerCase();
  if (wanted === '') return options;
  const place = (text: string): number => {
    const lower = text.toLowerCase().replace(/^["'`]/, '');
    if (lower.startsWith(wanted)) return 0;
    if (lower.split(/[./_]/).some((_, i, parts) => parts.slice(i).join('/').startsWith(wanted.replace(/[._]/g, '/')))) return 1;
    return lower.includes(wanted) ? 2 : 3;
  };
  return options.map((option) => ({ option, at: place(option.text) })).filter(({ at, option }) => at < 3 && option.text !== typed).sort((a, b) => a.at - b.at).map(({ option }) => option);
}

/** Plain words are looked for in names, ids, groups and tags; anything with an operator is a filter as it stands. */
export function asFilter(text: string): string {
  const found = tokens(text);
  if (found.length === 0) return '';
  const plain = found.every((token) => token.kind === 'field' || token.kind === 'quoted' || token.kind === 'value') && !/^(config|metrics)\./.test(text);
  if (!plain) return text;
  const word = text.trim().replace(/^(["'`])(.*)\1$/s, '$2');
  const like = quoted(`%${word.replace(/[%_]/g, '\\$&')}%`);
  return `name ilike ${like} or id ilike ${like} or group ilike ${like} or tags has ${quoted(word)}`;
}

export const isPlain = (text: string): boolean => text.trim() !== '' && asFilter(text) !== text;
