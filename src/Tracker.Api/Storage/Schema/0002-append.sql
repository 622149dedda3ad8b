-- Appending to the journal: one call for a group of batches of many runs.

-- Gives numbers to the names that a run has not seen before; no name stands twice in a call. Series come in the order given; a name that exists keeps its number and kind.
create function tracker_register_series(p_run bigint, p_names text[], p_kinds smallint[], p_limit integer)
returns table (name text, series_id integer, kind smallint) language plpgsql as $$
declare
  next_id integer;
begin
  -- The head's lock orders registrations of one run; the numbers are read after it, in a snapshot of their own.
  perform 1 from run_heads h where h.run_key = p_run for no key update;
  select coalesce(max(s.series_id), -1) + 1 into next_id from series s where s.run_key = p_run;
  insert into series (run_key, series_id, name, kind)
  select p_run, next_id + (row_number() over (order by n.position))::integer - 1, n.name, n.kind
  from (
    select u.name, u.kind, u.position
    from unnest(p_names, p_kinds) with ordinality as u (name, kind, position)
    where not exists (select 1 from series s where s.run_key = p_run and s.name = u.name)
  ) n
  order by n.position
  limit greatest(0, p_limit - next_id)
  on conflict do nothing;
  return query select s.name, s.series_id, s.kind from series s where s.run_key = p_run and s.name = any (p_names);
end $$;

-- Appends a group. Arrays are parallel, one element a batch, batches of one writer in the order of their numbers.
-- A batch without a number takes the writer's next one: for what the server itself writes inside a transaction of its own.
-- outcome: 0 stored, 1 seen before (nothing changed), 2 gap (the number is above last + 1), 3 another batch 1 of this writer, 4 no such run, 5 deleted.
-- The first statement locks the heads in the order of run keys; only later statements, each with a snapshot taken after the locks, read writers and numbers.
create function tracker_append(p_runs bigint[], p_writers text[], p_batches bigint[], p_hashes bytea[], p_points integer[], p_data bytea[])
returns table (outcome smallint, accepted_through bigint, sequence bigint, stop_reason text, stop_by text) language plpgsql as $$
declare
  i integer;
  n integer := coalesce(array_length(p_runs, 1), 0);
  head run_heads%rowtype;
  w writers%rowtype;
  batch bigint;
begin
  perform set_config('synchronous_commit', 'on', true);
  perform 1 from run_heads h where h.run_key = any (p_runs) order by h.run_key for no key update;

  for i in 1 .. n loop
    select * into head from run_heads h where h.run_key = p_runs[i];
    sequence := null;
    stop_reason := head.stop_reason;
    stop_by := head.stop_by;
    accepted_through := 0;
    if head.run_key is null then
      outcome := 4;
    elsif head.deleted then
      outcome := 5;
    else
      select * into w from writers x where x.run_key = p_runs[i] and x.writer = p_writers[i];
      if w.run_key is null then
        w.last_batch := 0;
      end if;
      accepted_through := w.last_batch;
      batch := coalesce(p_batches[i], w.last_batch + 1);
      if batch = 1 and w.last_batch >= 1 and w.first_hash is distinct from p_hashes[i] then
        outcome := 3;
      elsif batch <= w.last_batch then
        outcome := 1;
      elsif batch > w.last_batch + 1 then
        outcome := 2;
      else
        outcome := 0;
        accepted_through := batch;
        sequence := head.sequence + 1;
        if w.run_key is null then
          insert into writers (run_key, writer, number, last_batch, first_hash)
          values (p_runs[i], p_writers[i], (select count(*) from writers x where x.run_key = p_runs[i]), batch, p_hashes[i])
          returning * into w;
        else
          update writers x set last_batch = batch, heartbeat_at = clock_timestamp() where x.run_key = p_runs[i] and x.writer = p_writers[i];
        end if;
        update run_heads h set sequence = head.sequence + 1, unsettled = true where h.run_key = p_runs[i];
        insert into journal (run_key, sequence, writer, points, data)
        values (p_runs[i], head.sequence + 1, w.number, p_points[i], p_data[i]);
      end if;
    end if;
    return next;
  end loop;
end $$;
