/** A chart of a run's page: one series, a train and validation pair, or a family of layers. */
export interface ChartSpec {
  /** Stable name, used in links. */
  key: string;
  title: string;
  lines: { name: string; label: string }[];
  kind: 'single' | 'pair' | 'family';
  /** Whether y is logarithmic unless asked otherwise. */
  log: boolean;
}

export interface Section {
  name: string;
  charts: ChartSpec[];
}

const first = 'training';
const last = ['system', 'other'];
const logPrefixes = /^(grad_norm|update_ratio)(\/|$)/;
const alone = new Set(['train', 'val', 'test', 'eval', 'system', 'clip', 'lr']);

/** Where a series belongs: losses, metrics, rate and gradient norm are read together; the rest goes by its prefix. */
function sectionOf(name: string): string {
  if (/^(lr|grad_norm\/total|learning_rate|clip\/.*|lr\/.*)$/.test(name)) return first;
  const slash = name.indexOf('/');
  if (slash < 0) return /loss|acc/i.test(name) ? first : 'other';
  const prefix = name.slice(0, slash);
  return prefix === 'train' || prefix === 'val' || prefix === 'eval' ? first : prefix;
}

/** The stem of a numbered or per-layer series (`val/acc_class` of `val/acc_class_3`); null when it stands alone. */
function familyOf(name: string): string | null {
  if (name.endsWith('/total')) return null;
  const prefix = name.slice(0, Math.max(0, name.indexOf('/')));
  if (prefix && !alone.has(prefix)) return prefix;
  return /^(.+?)[_/.]\d+$/.exec(name)?.[1] ?? null;
}

/** Order within the first section: what people look at first comes first. */
const order = [/loss$/, /acc/, /^grad_norm/, /^clip/, /^(lr|learning_rate)/];
const rank = (key: string): number => {
  const at = order.findIndex((pattern) => pattern.test(key));
  return at < 0 ? order.length : at;
};

/** The charts of a catalogue of scalar series, in sections. Layers keep the order in which the run logged them. */
export function sectionsOf(names: readonly string[]): Section[] {
  const set = new Set(names);
  const families = new Map<string, string[]>();
  for (const name of names) {
    const family = familyOf(name);
    if (family) families.set(family, [...(families.get(family) ?? []), name]);
  }

  const charts = new Map<string, ChartSpec>();
  for (const name of names) {
    const family = familyOf(name);
    const members = family ? families.get(family)! : [];
    const [, partner] = /^(?:val|eval)\/(.+)$/.exec(name) ?? [];
    if (family && members.length > 2) {
      const key = `${family}/*`;
      const label = (member: string) => member.slice(family.length + 1);
      charts.set(key, { key, title: family, lines: members.map((member) => ({ name: member, label: label(member) })), kind: 'family', log: logPrefixes.test(name) });
    } else if (partner && set.has(`train/${partner}`)) {
      continue;
    } else if (name.startsWith('train/')) {
      const metric = name.slice('train/'.length);
      const others = ['val', 'eval'].filter((prefix) => set.has(`${prefix}/${metric}`));
      const lines = [{ name, label: 'train' }, ...others.map((prefix) => ({ name: `${prefix}/${metric}`, label: prefix }))];
      charts.set(name, others.length > 0
        ? { key: name, title: metric, lines, kind: 'pair', log: false }
        : { key: name, title: name, lines: [{ name, label: name }], kind: 'single', log: false });
    } else {
      charts.set(name, { key: name, title: name, lines: [{ name, label: name }], kind: 'single', log: logPrefixes.test(name) });
    }
  }

  const sections = new Map<string, ChartSpec[]>();
  for (const chart of charts.values()) {
    const section = sectionOf(chart.lines[0]!.name);
    sections.set(section, [...(sections.get(section) ?? []), chart]);
  }
  const place = (name: string): number => (name === first ? -1 : last.indexOf(name) + 1);
  sections.get(first)?.sort((a, b) => rank(a.key) - rank(b.key));
  return [...sections].map(([name, list]) => ({ name, charts: list })).sort((a, b) => place(a.name) - place(b.name));
}

/** The series that stands for a run in a table: its training loss, else its first loss, else its first series. */
export function primarySeries(names: readonly string[]): string | undefined {
  const wanted = ['train/loss', 'loss', 'train_loss', 'train_loss_step', 'train/loss_d', 'val/loss', 'eval/loss'];
  return wanted.find((name) => names.includes(name)) ?? names.find((name) => /loss/i.test(name)) ?? names.find((name) => /reward|acc/i.test(name)) ?? names[0];
}

/** The validation accuracy, or what stands for it. */
export function accuracySeries(names: readonly string[]): string | undefined {
  const wanted = ['val/accuracy', 'val_accuracy', 'val_acc', 'eval/accuracy', 'accuracy', 'train/accuracy'];
  return wanted.find((name) => names.includes(name)) ?? names.find((name) => /acc(uracy)?$/i.test(name));
}

/** Sections of a workspace: series by the part of their name before the first slash, what people look at first on top. */
export function prefixSections(names: readonly string[]): { name: string; names: string[] }[] {
  const places = ['train', 'val', 'eval', 'test', 'metrics'];
  const lasts = ['system', 'perf'];
  const sections = new Map<string, string[]>();
  for (const name of names) {
    const slash = name.indexOf('/');
    const section = slash > 0 ? name.slice(0, slash) : 'metrics';
    const list = sections.get(section);
    if (list) list.push(name);
    else sections.set(section, [name]);
  }
  const place = (name: string): number => (places.includes(name) ? places.indexOf(name) - places.length : lasts.includes(name) ? 1 : 0);
  for (const list of sections.values()) list.sort((a, b) => rank(a) - rank(b));
  return [...sections].map(([name, list]) => ({ name, names: list })).sort((a, b) => place(a.name) - place(b.name));
}

/** Whether a series says how a run goes, not how one of its layers, classes or machines does. */
export const isHeadline = (name: string): boolean => !/^(grad_norm|param_norm|update_ratio|act_mean|act_std|dead_fraction|saturated_fraction|attention_entropy|system|perf|grads|weights|activations|rank\d+)\/(?!total)/.test(name) && !/[_/.]\d+$/.test(name);
