-- Tracker's tables. The store is described in docs/architecture.md, the bytes in docs/format.md.

-- The best compression of a bytea column that this server offers. pglz is never used: it costs more than it saves.
create function tracker_fast_compression(target regclass, target_column name) returns void language plpgsql as $$
begin
  execute format('alter table %s alter column %I set compression lz4', target, target_column);
exception when feature_not_supported or invalid_parameter_value then
  execute format('alter table %s alter column %I set storage external', target, target_column);
end $$;

create table projects (
  project_key bigint generated always as identity primary key,
  name        text not null unique,
  created_at  timestamptz not null default now()
);

-- One counter a project: the number that cursors across runs use. Taken last in a transaction, so that its order is commit order.
create table project_counters (
  project_key bigint primary key references projects,
  sequence    bigint not null default 0
) with (fillfactor = 50);

create table runs (
  run_key     bigint generated always as identity primary key,
  project_key bigint not null references projects,
  id          text not null unique,
  name        text not null,
  state       text not null default 'running' check (state in ('running', 'finished', 'failed', 'killed', 'lost')),
  config      jsonb not null default '{}',
  tags        text[] not null default '{}',
  "group"     text,
  job_type    text,
  notes       text,
  reference   text,
  exit_code   integer,
  created_at  timestamptz not null default now(),
  finished_at timestamptz,
  deleted_at  timestamptz,
  purged_at   timestamptz,
  -- The project's counter when the run's row last changed: what a watcher of the project follows.
  project_sequence bigint not null default 0
);
create index runs_to_purge on runs (deleted_at) where deleted_at is not null and purged_at is null;
create index runs_by_change on runs (project_key, project_sequence);
create index runs_by_project on runs (project_key, run_key desc) where deleted_at is null;

-- The head of a run: narrow, updated once for each group of appends, no index on a column that an append changes
-- but the partial one that followers find work by; its predicate flips once when a settled run grows.
create table run_heads (
  run_key     bigint primary key references runs,
  sequence    bigint not null default 0,
  deleted     boolean not null default false,
  unsettled   boolean not null default false,
  stop_reason text,
  stop_by     text
) with (fillfactor = 50);
create index run_heads_unsettled on run_heads (run_key) where unsettled;

create table writers (
  run_key      bigint not null,
  writer       text not null,
  number       integer not null,
  last_batch   bigint not null default 0,
  first_hash   bytea,
  heartbeat_at timestamptz not null default now(),
  primary key (run_key, writer)
) with (fillfactor = 50);

-- The catalogue: a series gets its number when its first point arrives, and keeps it.
create table series (
  run_key   bigint not null,
  series_id integer not null,
  name      text not null,
  kind      smallint not null,
  primary key (run_key, series_id),
  unique (run_key, name)
);

create table journal (
  run_key  bigint not null,
  sequence bigint not null,
  writer   integer not null,
  points   integer not null,
  added_at timestamptz not null default clock_timestamp(),
  data     bytea not null,
  primary key (run_key, sequence)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_cost_delay = 0,
        toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 20000, toast.autovacuum_vacuum_cost_delay = 0);
select tracker_fast_compression('journal', 'data');

-- Up to some thousand points of one series. "number" rises with the canonical order of the points.
create table chunks (
  run_key        bigint not null,
  series_id      integer not null,
  number         integer not null,
  kind           smallint not null,
  points         integer not null,
  first_sequence bigint not null,
  last_sequence  bigint not null,
  first_step     bigint not null,
  last_step      bigint not null,
  data           bytea not null,
  primary key (run_key, series_id, number)
) partition by range (run_key);

-- Makes the partition that holds a run key. Ranges of 10,000 keys; called when a run is made.
create function tracker_ensure_partition(key bigint) returns void language plpgsql as $$
declare
  low bigint := key / 10000 * 10000;
  part text := format('chunks_%s', low);
begin
  if to_regclass(part) is null then
    perform pg_advisory_xact_lock(7283461, 1);
    execute format('create table if not exists %I partition of chunks for values from (%s) to (%s)', part, low, low + 10000);
    perform tracker_fast_compression(part::regclass, 'data');
  end if;
end $$;

-- What a run said besides points, moved here by the compactor.
create table events (
  run_key  bigint not null,
  sequence bigint not null,
  number   integer not null,
  kind     text not null,
  name     text not null,
  step     bigint,
  time     bigint not null,
  level    text,
  -- JSON as it was sent, bare NaN and escapes included: jsonb would refuse some of it.
  data     text,
  primary key (run_key, sequence, number)
);
create index events_by_kind on events (run_key, kind, sequence, number);

-- Summaries of series, written by the compactor at most every 2 s a run. Values are those of scalars; a histogram series has its counts and steps.
create table summaries (
  run_key    bigint not null,
  series_id  integer not null,
  project_key bigint not null,
  name       text not null,
  kind       smallint not null,
  count      bigint not null,
  non_finite bigint not null,
  late       bigint not null,
  repeated   bigint not null,
  first_step bigint not null,
  last_step  bigint not null,
  first_time bigint not null,
  last       double precision,
  min        double precision,
  max        double precision,
  sum        double precision not null,
  primary key (run_key, series_id)
) with (fillfactor = 70);
create index summaries_by_name on summaries (project_key, name, last);

-- How far each consumer of a run's journal has come. A consumer moves its row in the transaction that writes its results.
create table cursors (
  run_key      bigint not null,
  consumer     text not null,
  sequence     bigint not null default 0,
  state        bytea,
  state_sequence bigint not null default 0,
  primary key (run_key, consumer)
) with (fillfactor = 50);

-- Saves work, never correctness: who follows a run until when, by the database's clock.
create table leases (
  run_key bigint primary key,
  node    text not null,
  until   timestamptz not null
) with (fillfactor = 50);

-- Batches that could not be decoded: set aside, reported, passed.
create table journal_rejects (
  run_key  bigint not null,
  sequence bigint not null,
  reason   text not null,
  data     bytea not null,
  primary key (run_key, sequence)
);

create table diagnoses (
  id               text primary key,
  run_key          bigint not null,
  project_key      bigint not null,
  project_sequence bigint not null,
  run_sequence     bigint not null,
  state            text not null check (state in ('open', 'resolved')),
  severity         smallint not null,
  cause            text not null,
  onset_step       bigint not null,
  step             bigint not null,
  body             jsonb not null,
  raised_at        timestamptz not null default now(),
  updated_at       timestamptz not null default now()
);
create index diagnoses_by_run on diagnoses (run_key, onset_step);
create index diagnoses_by_project on diagnoses (project_key, project_sequence);

create table signals (
  run_key      bigint not null,
  diagnosis_id text not null references diagnoses on delete cascade deferrable initially deferred,
  signal_id    text not null,
  series       text not null,
  severity     smallint not null,
  step         bigint not null,
  onset_step   bigint not null,
  active       boolean not null,
  body         jsonb not null,
  primary key (run_key, diagnosis_id, signal_id, series, onset_step)
);

-- What people said of a diagnosis: never touched by the analyzer.
create table verdicts (
  diagnosis_id text primary key,
  verdict      text not null check (verdict in ('acknowledged', 'muted', 'wrong', 'confirmed')),
  said_by      text not null,
  said_at      timestamptz not null default now()
);

-- The messages about diagnoses, in the project's order.
create table alerts (
  project_key      bigint not null,
  project_sequence bigint not null,
  run_key          bigint not null,
  id               uuid not null unique,
  diagnosis_id     text,
  kind             text not null,
  severity         smallint not null,
  body             jsonb not null,
  created_at       timestamptz not null default now(),
  -- Its place in the one list over all projects; null until the list is next read.
  number           bigint unique,
  primary key (project_key, project_sequence)
);
create index alerts_unnumbered on alerts (project_key, project_sequence) where number is null;
create index alerts_by_project on alerts (project_key, number);

-- Gives the committed alerts that have no number yet the next ones, within a project in the project's order. Called as a statement of its own:
-- the lock ends with it, so numbers become visible in their order and no client can hold them up.
create function tracker_number_alerts() returns void language plpgsql as $$
begin
  if not exists (select 1 from alerts where number is null) then return; end if;
  perform pg_advisory_xact_lock(7283461, 2);
  update alerts a set number = n.number
  from (select id, (select coalesce(max(number), 0) from alerts) + row_number() over (order by project_key, project_sequence) as number
        from alerts where number is null) n
  where a.id = n.id;
end $$;

-- Deliveries still to be made or made: one row for each alert and channel, written with the alert.
create table outbox (
  delivery_id     bigint generated always as identity primary key,
  alert_id        uuid not null references alerts (id) on delete cascade,
  order_key       text not null,
  channel         text not null,
  attempts        integer not null default 0,
  first_attempt_at timestamptz,
  next_attempt_at timestamptz not null default now(),
  claimed_until   timestamptz,
  delivered_at    timestamptz,
  dead_at         timestamptz,
  last_error      text,
  unique (alert_id, channel)
);
create index outbox_due on outbox (channel, next_attempt_at) where delivered_at is null and dead_at is null;
-- The messages of one diagnosis leave in order: only the oldest open one may be taken.
create index outbox_order on outbox (order_key, channel, delivery_id) where delivered_at is null and dead_at is null;
