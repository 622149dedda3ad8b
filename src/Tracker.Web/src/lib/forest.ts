/** A random number from 0 to 1 that is the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Node = { value: number } | { feature: number; threshold: number; left: Node; right: Node };

interface Growing {
  /** Features as columns; finite. */
  columns: readonly Float64Array[];
  target: Float64Array;
  /** Features that a split may choose from. */
  tries: number;
  leastLeaf: number;
  next: () => number;
}

function grow(rows: number[], growing: Growing, depth: number): Node {
  const { target } = growing;
  let sum = 0;
  for (const row of rows) sum += target[row]!;
  const leaf: Node = { value: sum / rows.length };
  if (rows.length < 2 * growing.leastLeaf || depth >= 24) return leaf;
  const split = bestSplit(rows, sum, growing);
  if (!split) return leaf;
  const column = growing.columns[split.feature]!;
  const left = rows.filter((row) => column[row]! <= split.threshold);
  const right = rows.filter((row) => column[row]! > split.threshold);
  return { ...split, left: grow(left, growing, depth + 1), right: grow(right, growing, depth + 1) };
}

/** The split that leaves the least squared error, among features drawn without replacement. */
function bestSplit(rows: readonly number[], sum: number, { columns, target, tries, leastLeaf, next }: Growing): { feature: number; threshold: number } | null {
  const n = rows.length;
  let best: { feature: number; threshold: number } | null = null;
  // Error falls by what the means explain: sum²/n of both sides against that of the whole.
  let gain = sum ** 2 / n + 1e-12 * Math.abs(sum ** 2 / n) + 1e-300;
  const features = columns.map((_, i) => i);
  for (let k = 0; k < Math.min(tries, features.length); k++) {
    const pick = k + Math.floor(next() * (features.length - k));
    [features[k], features[pick]] = [features[pick]!, features[k]!];
    const column = columns[features[k]!]!;
    const sorted = [...rows].sort((a, b) => column[a]! - column[b]!);
    let left = 0;
    for (let i = 0; i < n - 1; i++) {
      left += target[sorted[i]!]!;
      const [here, after] = [column[sorted[i]!]!, column[sorted[i + 1]!]!];
      if (here === after || i + 1 < leastLeaf || n - i - 1 < leastLeaf) continue;
      const explained = left ** 2 / (i + 1) + (sum - left) ** 2 / (n - i - 1);
      if (explained > gain) {
        gain = explained;
        best = { feature: features[k]!, threshold: (here + after) / 2 };
      }
    }
  }
  return best;
}

function predict(node: Node, read: (feature: number) => number): number {
  let at = node;
  while ('feature' in at) at = read(at.feature) <= at.threshold ? at.left : at.right;
  return at.value;
}

export interface ForestOptions {
  trees?: number;
  leastLeaf?: number;
  seed?: number;
}

export interface ForestResult {
  /** Of each group of features: how much the squared error of the trees on rows they have not seen grows when the group is shuffled, in variances of the target. */
  importance: { mean: number; error: number }[];
  /** Share of the variance that the forest explains of rows that the trees have not seen; may be negative. */
  explained: number;
}

/**
 * Permutation importance of a random forest of regression trees (Breiman 2001), each tree judged on the rows that its bootstrap left out.
 * @param groups Features that are shuffled together: the columns of one category.
 * Its error is the standard error over the trees.
 */
export function forestImportance(columns: readonly Float64Array[], target: Float64Array, groups: readonly (readonly number[])[], options: ForestOptions = {}): ForestResult {
  const { trees = 120, leastLeaf = 3, seed = 1 } = options;
  const n = target.length;
  const next = random(seed);
  const mean = target.reduce((sum, value) => sum + value, 0) / n;
  const variance = target.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
  const grown: number[][] = groups.map(() => []);
  const votes = new Float64Array(n);
  const voters = new Float64Array(n);
  const growing: Growing = { columns, target, tries: Math.max(1, Math.ceil(columns.length / 3)), leastLeaf, next };
  for (let t = 0; t < trees; t++) {
    const drawn = new Uint8Array(n);
    const rows = Array.from({ length: n }, () => {
      const row = Math.floor(next() * n);
      drawn[row] = 1;
      return row;
    });
    const tree = grow(rows, growing, 0);
    const unseen = [...drawn.keys()].filter((row) => drawn[row] === 0);
    if (unseen.length === 0) continue;
    let error = 0;
    for (const row of unseen) {
      const value = predict(tree, (feature) => columns[feature]![row]!);
      error += (value - target[row]!) ** 2;
      votes[row]! += value;
      voters[row]! += 1;
    }
    groups.forEach((group, g) => {
      const shuffled = [...unseen];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = Math.floor(next() * (i + 1));
        [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      }
      let worse = 0;
      unseen.forEach((row, i) => {
        worse += (predict(tree, (feature) => columns[feature]![group.includes(feature) ? shuffled[i]! : row]!) - target[row]!) ** 2;
      });
      grown[g]!.push(variance > 0 ? (worse - error) / unseen.length / variance : 0);
    });
  }
  let [left, total] = [0, 0];
  for (let row = 0; row < n; row++) {
    if (voters[row] === 0) continue;
    left += (target[row]! - votes[row]! / voters[row]!) ** 2;
    total += (target[row]! - mean) ** 2;
  }
  return {
    importance: grown.map((list) => {
      const average = list.reduce((sum, value) => sum + value, 0) / Math.max(1, list.length);
      const spread = list.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, list.length - 1);
      return { mean: average, error: Math.sqrt(spread / Math.max(1, list.length)) };
    }),
    explained: total > 0 ? 1 - left / total : 0,
  };
}
