import type { Row } from '../../lib/fields';
import type { Group } from '../../lib/groups';

/** A line of the runs table. */
export type Item =
  | { kind: 'run'; row: Row; inGroup: boolean }
  | { kind: 'group'; group: Group; open: boolean }
  /** A run that is there but not read yet. */
  | { kind: 'blank' };

/** Groups as lines, the members of the open ones below them. */
export const groupItems = (groups: readonly Group[], open: ReadonlySet<string>): Item[] =>
  groups.flatMap((group): Item[] => {
    const isOpen = open.has(group.key);
    const head: Item = { kind: 'group', group, open: isOpen };
    return isOpen ? [head, ...group.rows.map((row): Item => ({ kind: 'run', row, inGroup: true }))] : [head];
  });
