-- Spreads Tracker's two tables that grow with points, and the events, over the workers of a Citus cluster, by run.
-- Run once as a superuser on the coordinator, after `Tracker.Api --migrate`, while no server runs. deploy/citus/README.md says what was not tested.
\set ON_ERROR_STOP on

create extension if not exists citus;

-- Columns keep what they were made with; new partitions, made on every node, get it from here. Do the same on each worker.
alter system set default_toast_compression = 'lz4';
select pg_reload_conf();

begin;
-- Citus passes neither "set compression" nor "set storage" on; the setting above does that work.
create or replace function tracker_fast_compression(target regclass, target_column name) returns void language plpgsql as $$
begin
end $$;

-- A partition of shards is dropped or emptied, never rewritten: its new copy would be a local table. Vacuum gives space within it back to use.
create or replace function tracker_reclaim_chunks(low bigint) returns text language plpgsql as $$
declare
  part text := format('chunks_%s', low);
  filled boolean;
begin
  perform set_config('lock_timeout', '500ms', true);
  if to_regclass(part) is null then return 'absent'; end if;
  execute format('select exists (select 1 from %I)', part) into filled;
  if filled then return 'kept'; end if;
  if (select coalesce(max(run_key), 0) < low + 10000 from runs) or exists (select 1 from runs where run_key >= low and run_key < low + 10000 and purged_at is null) then return 'kept'; end if;
  execute format('drop table %I', part);
  return 'dropped';
end $$;
commit;

-- The shards of one run lie on one worker: reads of chunks and tail are one worker's work, in one statement.
set citus.shard_count = 32;
select create_distributed_table('journal', 'run_key', colocate_with => 'none');
select create_distributed_table('journal_rejects', 'run_key', colocate_with => 'journal');
select create_distributed_table('chunks', 'run_key', colocate_with => 'journal');
select create_distributed_table('events', 'run_key', colocate_with => 'journal');

-- The rows that were there have been copied; the coordinator's copies go.
select truncate_local_data_after_distributing_table('journal');
select truncate_local_data_after_distributing_table('journal_rejects');
select truncate_local_data_after_distributing_table('chunks');
select truncate_local_data_after_distributing_table('events');

-- Everything else stays on the coordinator, as local tables:
--   runs, projects, project_counters   run ids are unique over all runs; counters are taken last in their transaction
--   run_heads, writers, cursors        one statement locks the heads of a whole group in order: over shards that is neither one statement nor ordered
--   leases                             the coordinator's clock is the clock
--   series, summaries, run_steps       the list of runs joins and sorts them
--   diagnoses, signals, verdicts, alerts, outbox and what belongs to channels, views, access
--   LISTEN and NOTIFY                  every node listens to the coordinator
select table_name, colocation_id, shard_count from citus_tables;
