import { call } from './client';
import { HttpTransportType, HubConnection, HubConnectionBuilder, HubConnectionState, LogLevel } from '@microsoft/signalr';
import type { QueryClient } from '@tanstack/react-query';
import { alertKeys } from './alerts';
import { applyProjectSnapshot, applyRunSnapshot, beginRun, endRun, patchDiagnosis, patchHistograms, patchPoints, patchRun, resetRun, type PointsMessage } from './cache';
import { notify, notifyAlert, type LiveAlert } from './notify';
import { keys, runQuery } from './queries';
import type { Rows } from './rows';
import type { Diagnosis, ProjectSnapshot, Run, RunSnapshot } from './types';

export type LiveState = 'connecting' | 'live' | 'lost';

export interface LiveStatus {
  state: LiveState;
  /** When the state began; while lost, the time that the data is from. Unix ms. */
  since: number;
}

interface Watch {
  kind: 'run' | 'project';
  target: string;
  users: number;
  /** Last sequence seen of a run; a reconnect goes on from it. */
  sequence: number;
  begun: boolean;
}

/** Draws at most ten times a second, in a frame. */
const cadence = 100;
/** How long the server may take to show that it is there, in ms. */
const signOfLife = 700;
/** How long an unused watch is kept: going back and forth costs nothing. */
const linger = 5000;
/** Refusals of a server that does answer calls, after which the next way is tried. */
const patience = 2;

/** The connection to /hubs/live: keeps the watches, resumes them after a loss, and hands what comes to the cache. */
export class Live {
  private connection: HubConnection;
  private readonly watches = new Map<string, Watch>();
  private readonly listeners = new Set<() => void>();
  private readonly waiting = new Map<string, PointsMessage[]>();
  private starting = false;
  private flushing = false;
  private tick = Date.now();
  private status: LiveStatus = { state: 'connecting', since: Date.now() };

  constructor(private readonly client: QueryClient) {
    this.connection = this.build();
    addEventListener('online', () => this.retry());
    // A page that comes back into view, or a network that changed, may stand on a connection that is dead and does not know it.
    addEventListener('offline', () => void this.probe());
    document.addEventListener('visibilitychange', () => {
      this.tick = Date.now();
      if (!document.hidden) void this.probe();
    });
    setInterval(() => this.checkSleep(), 500);
    void this.start();
  }

  /**
   * A connection to the hub, not begun.
   * @param anyWay Whatever a proxy that lets no WebSocket through does let through: server-sent events, else calls that are held open.
   */
  private build(anyWay = false): HubConnection {
    const { ServerSentEvents, LongPolling, WebSockets } = HttpTransportType;
    // No negotiation: its answer would hold for the node that gave it, and a proxy may send the WebSocket to another one.
    const way = anyWay ? { transport: ServerSentEvents | LongPolling } : { skipNegotiation: true, transport: WebSockets };
    const made = new HubConnectionBuilder().withUrl('/hubs/live', way).configureLogging(LogLevel.None).build();
    made.serverTimeoutInMilliseconds = 40_000;
    made.on('points', (message: PointsMessage) => this.enqueue(message));
    made.on('histograms', ({ run, names }: { run: string; names: string[] }) => patchHistograms(this.client, run, names));
    made.on('run', (run: Run) => patchRun(this.client, run));
    made.on('diagnosis', (diagnosis: Diagnosis) => {
      patchDiagnosis(this.client, diagnosis);
      notify(diagnosis);
    });
    made.on('alert', (alert: LiveAlert) => {
      notifyAlert(alert);
      void this.client.invalidateQueries({ queryKey: alertKeys.all });
    });
    made.on('reset', ({ run, sequence }: { run: string; sequence: number }) => this.reset(run, sequence));
    made.onclose(() => made === this.connection && this.lost());
    return made;
  }

  readonly getStatus = (): LiveStatus => this.status;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Tries at once, as a person or the network asks. */
  readonly retry = (): void => {
    if (this.connection.state === HubConnectionState.Disconnected) void this.start();
  };

  /** Follows a run or a project until the returned function is called. */
  watch(kind: Watch['kind'], target: string): () => void {
    const key = `${kind} ${target}`;
    let watch = this.watches.get(key);
    if (!watch) {
      watch = { kind, target, users: 0, sequence: 0, begun: false };
      this.watches.set(key, watch);
      void this.begin(watch);
    }
    watch.users++;
    const used = watch;
    return () => {
      used.users--;
      setTimeout(() => this.release(key, used), linger);
    };
  }

  private release(key: string, watch: Watch): void {
    if (watch.users > 0 || this.watches.get(key) !== watch) return;
    this.watches.delete(key);
    endRun(watch.target);
    if (this.connection.state === HubConnectionState.Connected) void this.connection.invoke('Unwatch', watch.target).catch(() => undefined);
  }

  private async start(): Promise<void> {
    if (this.starting) return;
    this.starting = true;
    let refused = 0;
    for (let attempt = 0; this.connection.state === HubConnectionState.Disconnected; attempt++) {
      try {
        if (!(await mayListen())) throw new Error('Nobody has signed in.');
        // A WebSocket is tried first, again after every loss, and in turns with the other ways while neither works.
        this.connection = this.build(Math.floor(refused / patience) % 2 === 1);
        refused++;
        await this.connection.start();
        this.setStatus('live');
        this.watches.forEach((watch) => void this.begin(watch));
      } catch {
        this.lost(false);
        await new Promise((resolve) => setTimeout(resolve, Math.min(5000, 300 * 2 ** attempt)));
      }
    }
    this.starting = false;
  }

  private async begin(watch: Watch): Promise<void> {
    if (this.connection.state !== HubConnectionState.Connected) return;
    try {
      if (watch.kind === 'project') {
        applyProjectSnapshot(this.client, watch.target, await this.connection.invoke<ProjectSnapshot>('WatchProject', watch.target), watch.begun);
        watch.begun = true;
        return;
      }
      if (!watch.begun) {
        watch.begun = true;
        watch.sequence = await sequenceOf(this.client, watch.target);
        beginRun(watch.target, watch.sequence);
      }
      const after = watch.sequence;
      const snapshot = await this.connection.invoke<RunSnapshot>('WatchRun', watch.target, [], after);
      if (snapshot.reset) watch.sequence = snapshot.sequence;
      applyRunSnapshot(this.client, snapshot, after);
    } catch {
      // The run may be gone, or the connection: the first shows in the page's own reads, the second begins anew on reconnect.
    }
  }

  private reset(run: string, sequence: number): void {
    this.waiting.delete(run);
    const watch = this.watches.get(`run ${run}`);
    if (watch) watch.sequence = sequence;
    resetRun(this.client, run, sequence);
  }

  private enqueue(message: PointsMessage): void {
    const list = this.waiting.get(message.run);
    if (list) list.push(message);
    else this.waiting.set(message.run, [message]);
    const watch = this.watches.get(`run ${message.run}`);
    if (watch) watch.sequence = Math.max(watch.sequence, message.sequence);
    if (this.flushing) return;
    this.flushing = true;
    // A hidden page gets no frames; its points are taken in all the same.
    setTimeout(() => (document.hidden ? this.flush() : requestAnimationFrame(() => this.flush())), cadence);
  }

  private flush(): void {
    this.flushing = false;
    const batches = [...this.waiting];
    this.waiting.clear();
    for (const [run, messages] of batches) patchPoints(this.client, run, messages);
  }

  /** A laptop that slept finds its connection dead long before a timeout tells: a clock that jumped is enough to begin anew. */
  private checkSleep(): void {
    const now = Date.now();
    const jumped = now - this.tick > 15_000 && !document.hidden;
    this.tick = now;
    if (jumped && this.connection.state === HubConnectionState.Connected) void this.connection.stop();
  }

  /** Asks the server for a sign of life; without one at once the connection is begun anew. */
  private async probe(): Promise<void> {
    if (this.connection.state !== HubConnectionState.Connected) return this.retry();
    const answered = await Promise.race([
      this.connection.invoke('Unwatch', '').then(() => true, () => this.connection.state === HubConnectionState.Connected),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), signOfLife)),
    ]);
    if (!answered && this.connection.state === HubConnectionState.Connected) await this.connection.stop();
  }

  private lost(restart = true): void {
    if (this.status.state !== 'lost') this.setStatus('lost');
    if (restart) void this.start();
  }

  private setStatus(state: LiveState): void {
    this.status = { state, since: Date.now() };
    this.listeners.forEach((listener) => listener());
  }
}

/** Whoever has to sign in first has no feed: to try would put a refusal on the console of every page that leads to the login. */
const mayListen = async (): Promise<boolean> => (await call<{ kind?: string }>('/session')).kind !== 'nobody';

/** How far a run is, as a page or a table knows it, else as the server says: what lies before is read over REST, what comes after is pushed. */
async function sequenceOf(client: QueryClient, run: string): Promise<number> {
  const known = client.getQueryData<Run>(keys.run(run))?.sequence;
  if (known !== undefined) return known;
  for (const { queryKey, state } of client.getQueryCache().findAll({ queryKey: ['project'] })) {
    if (queryKey[2] !== 'rows') continue;
    const row = (state.data as Rows | undefined)?.pages.flatMap((page) => page.items).find((item) => item.id === run);
    if (row) return row.sequence;
  }
  return (await client.fetchQuery(runQuery(run))).sequence;
}
