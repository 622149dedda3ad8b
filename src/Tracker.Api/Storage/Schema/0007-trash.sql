-- A deleted run stays in the trash until purge_at; then its rows go, and purged_at is set. Its own row and head stay, so that late batches get 410.
alter table runs add column purge_at timestamptz, add column thinned_at timestamptz;
update runs set purge_at = deleted_at where deleted_at is not null;
drop index runs_to_purge;
create index runs_to_purge on runs (purge_at) where deleted_at is not null and purged_at is null;

-- retention: {"deleteAfterDays", "thinAfterDays", "exceptTags"}. bytes: what its runs take, as measured last.
alter table projects add column deleted_at timestamptz, add column retention jsonb, add column quota_bytes bigint,
  add column bytes bigint not null default 0, add column measured_at timestamptz;

-- Gives the space of a partition of chunks back, by its lowest run key. Answers: absent, kept (nothing to gain), emptied, dropped, rewritten,
-- live (a running run is in it: vacuum is all that can be done). Waits for no lock longer than half a second: then it fails, to be tried again.
create function tracker_reclaim_chunks(low bigint) returns text language plpgsql as $$
declare
  part text := format('chunks_%s', low);
  fresh text := format('chunks_%s_new', low);
  used bigint;
  closed boolean;
begin
  perform set_config('lock_timeout', '500ms', true);
  if to_regclass(part) is null then return 'absent'; end if;
  execute format('select coalesce(sum(pg_column_size(data) + 150), 0) from %I', part) into used;
  if used = 0 then
    -- No run of these keys can write any more: the keys are given out, and all their runs are gone.
    select coalesce(max(run_key), 0) >= low + 10000 into closed from runs;
    closed := closed and not exists (select 1 from runs where run_key >= low and run_key < low + 10000 and purged_at is null);
    if closed then lock table chunks in access exclusive mode; end if;
    execute format('lock table %I in access exclusive mode', part);
    execute format('select count(*) from (select 1 from %I limit 1) one', part) into used;
    if used > 0 then return 'kept'; end if;
    if closed then
      execute format('drop table %I', part);
      return 'dropped';
    end if;
    execute format('truncate %I', part);
    return 'emptied';
  end if;
  if pg_total_relation_size(part) < 2 * used + (1 << 20) then return 'kept'; end if;
  if exists (select 1 from runs where run_key >= low and run_key < low + 10000 and state = 'running' and deleted_at is null) then return 'live'; end if;
  -- Reads go on meanwhile; only the exchange of the two tables keeps them out for a moment.
  execute format('lock table %I in share row exclusive mode', part);
  execute format('create table %I (like %I including all)', fresh, part);
  execute format('alter table %I add constraint bounds check (run_key >= %s and run_key < %s)', fresh, low, low + 10000);
  execute format('insert into %I select * from %I order by run_key, series_id, number', fresh, part);
  lock table chunks in access exclusive mode;
  execute format('alter table chunks detach partition %I', part);
  execute format('drop table %I', part);
  execute format('alter table %I rename to %I', fresh, part);
  execute format('alter table chunks attach partition %I for values from (%s) to (%s)', part, low, low + 10000);
  execute format('alter table %I drop constraint bounds', part);
  return 'rewritten';
end $$;
