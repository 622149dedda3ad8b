import { call, query } from './client';
import type { DataRequest } from './queries';
import type { ChartData } from './types';

// Charts ask one by one; what they ask at the same moment goes over the wire together: the same series of several runs, or several series of one run.

interface Job {
  run: string;
  request: DataRequest;
  signal: AbortSignal;
  resolve: (data: ChartData) => void;
  reject: (error: unknown) => void;
}

interface RunCharts {
  runs: { run: string; sequence: number; series: ChartData['series'] }[];
  missing: string[];
}

/** A browser opens six connections to a server; some stay free for what a person clicks. */
const most = 4;
const mostRuns = 16;
const mostNames = 8;

const waiting: Job[] = [];
let active = 0;
let woken = false;

/** The curves of one run. Those that are seen last are asked first: they are where the eye is. */
export function readData(run: string, request: DataRequest, signal: AbortSignal): Promise<ChartData> {
  return new Promise((resolve, reject) => {
    waiting.push({ run, request, signal, resolve, reject });
    if (woken) return;
    woken = true;
    setTimeout(() => {
      woken = false;
      pump();
    });
  });
}

function pump(): void {
  while (active < most && waiting.length > 0) {
    const jobs = take();
    if (jobs.length === 0) continue;
    active++;
    void send(jobs).finally(() => {
      active--;
      pump();
    });
  }
}

const shapeOf = ({ points, x, smoothing, smoother, scale, from, to }: DataRequest): string => JSON.stringify([points, x, smoothing, smoother, scale, from, to]);
const namesOf = ({ names }: DataRequest): string => names.join('\n');

/** The next job with those that can ride along. */
function take(): Job[] {
  const first = waiting.shift()!;
  if (first.signal.aborted) {
    first.reject(aborted());
    return [];
  }
  const shape = shapeOf(first.request);
  const like = (job: Job) => !job.signal.aborted && shapeOf(job.request) === shape;
  const jobs = [first];
  const ride = (fits: (job: Job) => boolean) => {
    for (let i = 0; i < waiting.length; i++) {
      const job = waiting[i]!;
      if (!like(job) || !fits(job)) continue;
      jobs.push(job);
      waiting.splice(i--, 1);
    }
  };
  const names = namesOf(first.request);
  ride((job) => namesOf(job.request) === names && (jobs.length < mostRuns || jobs.some((other) => other.run === job.run)));
  let count = first.request.names.length;
  if (new Set(jobs.map((job) => job.run)).size === 1) ride((job) => job.run === first.run && (count += job.request.names.length) <= mostNames);
  return jobs;
}

async function send(jobs: Job[]): Promise<void> {
  const { points, x, smoothing, smoother = 'ema', scale, from, to } = jobs[0]!.request;
  const abort = new AbortController();
  const check = () => jobs.every((job) => job.signal.aborted) && abort.abort();
  jobs.forEach((job) => job.signal.addEventListener('abort', check));
  try {
    const runs = [...new Set(jobs.map((job) => job.run))];
    const names = [...new Set(jobs.flatMap((job) => job.request.names))];
    const smooth = smoothing > 0 ? `${smoother}:${smoothing}` : undefined;
    const { runs: found } = await call<RunCharts>(`/data${query({ run: runs, name: names, points, from, to, x, scale, smooth })}`, { signal: abort.signal });
    for (const job of jobs) {
      const chart = found.find((item) => item.run === job.run);
      if (!chart) job.reject(new Error(`There is no run ${job.run}.`));
      else job.resolve({ sequence: chart.sequence, series: chart.series.filter((series) => job.request.names.includes(series.name)) });
    }
  } catch (error) {
    jobs.forEach((job) => job.reject(error));
  } finally {
    jobs.forEach((job) => job.signal.removeEventListener('abort', check));
  }
}

const aborted = () => new DOMException('No longer asked for.', 'AbortError');
