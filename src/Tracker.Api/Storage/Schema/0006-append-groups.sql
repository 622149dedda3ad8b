-- Appending a group costs a few statements for the whole group, no longer several for each of its batches.

-- Rows of up to a page stay in it as they are: no rows in the TOAST table, no entries in its index, no attempt to compress what lives for seconds.
alter table journal set (toast_tuple_target = 8160);

drop function tracker_append(bigint[], text[], bigint[], bytea[], integer[], bytea[]);

-- Appends a group. Arrays are parallel, one element a batch, batches of one writer in the order of their numbers.
-- A batch without a number takes the writer's next one: for what the server itself writes inside a transaction of its own.
-- outcome: 0 stored, 1 seen before (nothing changed), 2 gap (the number is above last + 1), 3 another batch 1 of this writer, 4 no such run, 5 deleted.
-- sequence and writer (its number in the run) are those under which a batch was stored, null for the others.
-- The first statement locks the heads in the order of run keys; only later statements, each with a snapshot taken after the locks, read writers and numbers.
-- Writers, heads and journal rows are written once for the whole group, at its end.
create function tracker_append(p_runs bigint[], p_writers text[], p_batches bigint[], p_hashes bytea[], p_points integer[], p_data bytea[])
returns table (outcome smallint, accepted_through bigint, sequence bigint, writer integer, stop_reason text, stop_by text) language plpgsql as $$
#variable_conflict use_column
declare
  n integer := cardinality(p_runs);
  b record;
  number bigint;
  -- By run of the group: its sequence so far.
  reached bigint[] := '{}';
  -- By writer of the group: its last batch so far, its number, the hash of its batch 1.
  last_batch bigint[] := '{}';
  writer_number integer[] := '{}';
  first_hash bytea[] := '{}';
  -- By batch, null where it was not stored.
  sequences bigint[] := array_fill(null::bigint, array[n]);
  given integer[] := array_fill(null::integer, array[n]);
  numbers bigint[] := array_fill(null::bigint, array[n]);
begin
  perform set_config('synchronous_commit', 'on', true);
  perform 1 from run_heads h where h.run_key = any (p_runs) order by h.run_key for no key update;

  for b in
    select i.position, i.run_key, i.writer, i.batch, i.hash,
      dense_rank() over (order by i.run_key) as run_at, dense_rank() over (order by i.run_key, i.writer) as writer_at,
      (select h from run_heads h where h.run_key = i.run_key) as head,
      (select w from writers w where w.run_key = i.run_key and w.writer = i.writer) as known
    from unnest(p_runs, p_writers, p_batches, p_hashes) with ordinality as i (run_key, writer, batch, hash, position)
    order by i.position
  loop
    accepted_through := 0;
    sequence := null;
    writer := null;
    stop_reason := (b.head).stop_reason;
    stop_by := (b.head).stop_by;
    if (b.head).run_key is null then
      outcome := 4;
    elsif (b.head).deleted then
      outcome := 5;
    else
      if last_batch[b.writer_at] is null then
        last_batch[b.writer_at] := coalesce((b.known).last_batch, 0);
        writer_number[b.writer_at] := (b.known).number;
        first_hash[b.writer_at] := (b.known).first_hash;
      end if;
      accepted_through := last_batch[b.writer_at];
      number := coalesce(b.batch, accepted_through + 1);
      if number = 1 and accepted_through >= 1 and first_hash[b.writer_at] is distinct from b.hash then
        outcome := 3;
      elsif number <= accepted_through then
        outcome := 1;
      elsif number > accepted_through + 1 then
        outcome := 2;
      else
        outcome := 0;
        accepted_through := number;
        sequence := coalesce(reached[b.run_at], (b.head).sequence) + 1;
        writer := writer_number[b.writer_at];
        if writer is null then
          insert into writers as w (run_key, writer, number, first_hash)
          values (b.run_key, b.writer, (select count(*) from writers x where x.run_key = b.run_key), b.hash)
          returning w.number into writer;
          writer_number[b.writer_at] := writer;
          first_hash[b.writer_at] := b.hash;
        end if;
        reached[b.run_at] := sequence;
        last_batch[b.writer_at] := number;
        sequences[b.position] := sequence;
        given[b.position] := writer;
        numbers[b.position] := number;
      end if;
    end if;
    return next;
  end loop;

  if reached = '{}' then return; end if;
  insert into journal (run_key, sequence, writer, points, data)
  select u.run_key, u.sequence, u.writer, u.points, u.data
  from unnest(p_runs, sequences, given, p_points, p_data) as u (run_key, sequence, writer, points, data)
  where u.sequence is not null;
  update writers w set last_batch = u.number, heartbeat_at = clock_timestamp()
  from (select run_key, writer, max(number) as number from unnest(p_runs, p_writers, numbers) as s (run_key, writer, number) where number is not null group by run_key, writer) u
  where w.run_key = u.run_key and w.writer = u.writer;
  update run_heads h set sequence = u.sequence, unsettled = true
  from (select run_key, max(sequence) as sequence from unnest(p_runs, sequences) as s (run_key, sequence) where sequence is not null group by run_key) u
  where h.run_key = u.run_key;
end $$;
