-- What people read with SQL, over the decoders of 0004: docs/sql.md.

-- Times outside of what a timestamp holds become infinity.
create or replace function tracker_time(ms bigint) returns timestamptz language sql immutable strict parallel safe as $$
  select to_timestamp(case when ms > 253402300799999 then 'Infinity' when ms < -62135596800000 then '-Infinity' else ms / 1000.0::float8 end)
$$;

create or replace function tracker_series_of(p_run text, p_series text, p_kind smallint, out key bigint, out id integer) language plpgsql stable strict as $$
declare
  kind smallint;
begin
  select s.run_key, s.series_id, s.kind into key, id, kind from runs r join series s on s.run_key = r.run_key where r.id = p_run and r.deleted_at is null and s.name = p_series;
  if kind <> p_kind then
    raise exception 'series "%" holds %: use %', p_series, case kind when 1 then 'scalars' else 'histograms' end, case kind when 1 then 'tracker_points' else 'tracker_histograms' end;
  end if;
end $$;

-- Every stored point of a scalar series in canonical order: chunks, then the journal's tail. Stable: all that it reads is of the statement's one snapshot.
create or replace function tracker_points(run text, series text) returns table (step bigint, "time" timestamptz, value double precision, sequence bigint)
language plpgsql stable strict as $$
#variable_conflict use_column
declare
  wanted record;
  stored record;
begin
  select * into wanted from tracker_series_of($1, $2, 1::smallint);
  for stored in select c.data from chunks c where c.run_key = wanted.key and c.series_id = wanted.id order by c.number loop
    -- Put together with nothing, the bytes are unpacked once instead of at every get_byte.
    return query select p.step, tracker_time(p.ms), p.value, p.sequence from tracker_scalar_chunk(stored.data || ''::bytea) p;
  end loop;
  for stored in
    select j.sequence, j.data from journal j
    where j.run_key = wanted.key and j.sequence > coalesce((select c.sequence from cursors c where c.run_key = wanted.key and c.consumer = 'compactor'), 0) order by j.sequence
  loop
    return query select p.step, tracker_time(p.ms), p.value, stored.sequence from tracker_scalar_batch(stored.data || ''::bytea, wanted.id) p;
  end loop;
end $$;

create or replace function tracker_histograms(run text, series text) returns table (step bigint, "time" timestamptz, edges double precision[], counts double precision[], sequence bigint)
language plpgsql stable strict as $$
#variable_conflict use_column
declare
  wanted record;
  stored record;
begin
  select * into wanted from tracker_series_of($1, $2, 2::smallint);
  for stored in select c.data from chunks c where c.run_key = wanted.key and c.series_id = wanted.id order by c.number loop
    return query select p.step, tracker_time(p.ms), p.edges, p.counts, p.sequence from tracker_histogram_chunk(stored.data || ''::bytea) p;
  end loop;
  for stored in
    select j.sequence, j.data from journal j
    where j.run_key = wanted.key and j.sequence > coalesce((select c.sequence from cursors c where c.run_key = wanted.key and c.consumer = 'compactor'), 0) order by j.sequence
  loop
    return query select p.step, tracker_time(p.ms), p.edges, p.counts, stored.sequence from tracker_histogram_batch(stored.data || ''::bytea, wanted.id) p;
  end loop;
end $$;

-- The runs as people see them. NaN and infinities of metrics are texts, as in the REST API.
create or replace view tracker_runs as
select r.id, p.name as project, r.name, r.state, r.config, r.tags, r."group", r.job_type, r.notes, r.reference, r.exit_code, r.created_at, r.finished_at, s.last_step,
  coalesce((
    select jsonb_object_agg(m.name, jsonb_build_object('last', m.last, 'min', m.min, 'max', m.max, 'mean', m.sum / nullif(m.count - m.non_finite, 0),
      'count', m.count, 'nonFinite', m.non_finite, 'firstStep', m.first_step, 'lastStep', m.last_step))
    from summaries m where m.run_key = r.run_key and m.kind = 1), '{}') as metrics,
  coalesce((
    select jsonb_agg(jsonb_build_object('id', d.id, 'severity', (array['info', 'warn', 'high', 'crit'])[1 + d.severity], 'title', d.body ->> 'title', 'cause', d.cause, 'onsetStep', d.onset_step)
      order by d.severity desc, d.onset_step)
    from diagnoses d left join verdicts v on v.diagnosis_id = d.id where d.run_key = r.run_key and d.state = 'open' and v.verdict is distinct from 'wrong'), '[]') as diagnoses
from runs r join projects p using (project_key) left join run_steps s using (run_key)
where r.deleted_at is null;
