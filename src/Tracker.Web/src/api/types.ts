// The words of the REST contract (/api/v1) and of the hub, as docs/openapi.json has them.
import type { Num } from '../lib/numbers';
import type { SeriesData } from '../lib/points';
import type { Severity } from '../lib/health';

export type RunState = 'running' | 'finished' | 'failed' | 'killed' | 'lost';
export type Verdict = 'acknowledged' | 'muted' | 'wrong' | 'confirmed';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

export interface MetricSummary {
  last: Num | null;
  min: Num | null;
  max: Num | null;
  lastStep: number | null;
  count: number;
}

export interface OpenDiagnosis {
  id: string;
  severity: Severity;
  title: string;
  cause: string;
  state: 'open' | 'resolved';
  onsetStep: number;
}

export interface Stop {
  reason: string | null;
  by: string | null;
}

export interface Run {
  id: string;
  project: string;
  name: string;
  state: RunState;
  config: Record<string, unknown>;
  tags: string[];
  group: string | null;
  jobType: string | null;
  notes: string | null;
  reference: string | null;
  exitCode: number | null;
  createdAt: string;
  finishedAt: string | null;
  lastStep: number | null;
  sequence: number;
  projectSequence: number;
  url: string;
  stop: Stop | null;
  metrics: Record<string, MetricSummary>;
  diagnoses: OpenDiagnosis[];
  /** Since when the run lies in the trash. */
  deletedAt?: string | null;
}

export interface Project {
  name: string;
  runs: number;
  running: number;
  openDiagnoses: number;
  lastActivityAt: string | null;
  bytes: number;
  quotaBytes: number | null;
}

export interface SeriesInfo {
  name: string;
  kind: 'scalar' | 'histogram';
  count: number;
  late: number;
  repeated: number;
  nonFinite: number;
  firstStep: number | null;
  lastStep: number | null;
  last: Num | null;
  min: Num | null;
  max: Num | null;
  mean: Num | null;
  role: string | null;
}

export interface Catalogue {
  sequence: number;
  items: SeriesInfo[];
}

export interface ChartData {
  sequence: number;
  series: SeriesData[];
}

export interface Evidence {
  series: string;
  fromStep: number;
  toStep: number;
  statistic: string;
  value: Num | null;
  threshold: Num | null;
}

export interface Signal {
  id: string;
  severity: Severity;
  series: string;
  step: number;
  onsetStep: number;
  active: boolean;
  summary: string;
  evidence: Evidence[];
}

export interface Cause {
  id: string;
  strength: string;
  title: string;
  for: string[];
  against: string[];
}

export interface Diagnosis {
  id: string;
  run: string;
  runName: string;
  project: string;
  state: 'open' | 'resolved';
  severity: Severity;
  title: string;
  symptom: string;
  cause: string;
  causes: Cause[];
  prescriptions: string[];
  check: string | null;
  /** What to log or to probe next to tell the two likeliest causes apart; empty where one is clear. */
  next: string;
  step: number;
  onsetStep: number;
  resolution: string | null;
  raisedAt: string;
  updatedAt: string;
  projectSequence: number;
  verdict: Verdict | null;
  signals: Signal[];
}

export interface RunEvent {
  sequence: number;
  kind: string;
  name: string | null;
  step: number | null;
  time: number;
  level: string | null;
  data: Record<string, unknown> | null;
}

export interface Histograms {
  edges: number[];
  columns: HistogramColumn[];
  total: number;
}

export interface HistogramColumn {
  step: number;
  time: number;
  counts: number[];
  /** Of the histogram as it was logged. */
  statistics: { count: number; mean: number; std: number; min: number; max: number; p5: number; p25: number; p50: number; p75: number; p95: number };
}

export interface RunSnapshot {
  sequence: number;
  run: Run;
  diagnoses: Diagnosis[];
  reset: boolean;
}

export interface ProjectSnapshot {
  projectSequence: number;
  runs: Run[];
  diagnoses: Diagnosis[];
}
