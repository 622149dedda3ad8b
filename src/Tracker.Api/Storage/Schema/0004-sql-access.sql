-- Reads the stored bytes (docs/format.md, version 1) in SQL, so that psql, Grafana and BI tools see every point: docs/sql.md.
-- Offsets count from 0, as get_byte does. Checksums are left to the server: there is no CRC-32C in SQL before PostgreSQL 18.

-- Sums are taken modulo 2^64.
create function tracker_sum(a bigint, b bigint) returns bigint language sql immutable strict parallel safe as $$
  select case
    when (a >= 0) <> (b >= 0) then a + b
    when a >= 0 and b <= 9223372036854775807 - a then a + b
    when a < 0 and b >= (-9223372036854775807 - 1) - a then a + b
    when a >= 0 then (a - 9223372036854775807 - 1) + (b - 9223372036854775807 - 1)
    else (a + 9223372036854775807 + 1) + (b + 9223372036854775807 + 1) end
$$;

create function tracker_varint(d bytea, at integer) returns bigint language plpgsql immutable strict parallel safe as $$
declare
  b integer := get_byte(d, at);
  value bigint := b & 127;
  shift integer := 0;
begin
  while b >= 128 loop
    at := at + 1;
    shift := shift + 7;
    if shift > 63 then raise exception 'a varint at byte % is longer than 64 bits', at; end if;
    b := get_byte(d, at);
    value := value | ((b & 127)::bigint << shift);
  end loop;
  return value;
end $$;

-- Offset behind the varint.
create function tracker_varint_end(d bytea, at integer) returns integer language plpgsql immutable strict parallel safe as $$
begin
  while get_byte(d, at) >= 128 loop at := at + 1; end loop;
  return at + 1;
end $$;

create function tracker_zigzag(v bigint) returns bigint language sql immutable strict parallel safe as $$
  select ((v >> 1) & 9223372036854775807) # (-(v & 1))
$$;

-- Up to 32 bits from a bit on, least significant first.
create function tracker_bits(d bytea, at integer, skip integer, width integer) returns bigint language plpgsql immutable strict parallel safe as $$
declare
  value bigint := 0;
  first integer := at + skip / 8;
begin
  for i in 0 .. (skip % 8 + width - 1) / 8 loop value := value | (get_byte(d, first + i)::bigint << (8 * i)); end loop;
  return (value >> (skip % 8)) & ((1::bigint << width) - 1);
end $$;

-- A column of n integers; the element behind the last one is the offset behind the column.
create function tracker_integers(d bytea, at integer, n integer) returns bigint[] language plpgsql immutable strict parallel safe as $$
declare
  form integer := get_byte(d, at);
  result bigint[] := array_fill(0::bigint, array[n + 1]);
  p integer := at + 1;
  i integer := 1;
  v bigint;
  step bigint;
  plain boolean;
  count bigint;
  width integer;
  mask bigint;
  bits bigint;
  held integer;
  first integer;
begin
  if form not in (1, 2) or (form = 2 and n = 0) then raise exception 'a column of integers has the unknown form %', form; end if;
  if n > 0 then
    v := tracker_zigzag(tracker_varint(d, p));
    p := tracker_varint_end(d, p);
    result[1] := v;
  end if;
  while i < n loop
    step := tracker_zigzag(tracker_varint(d, p));
    p := tracker_varint_end(d, p);
    -- Far from the ends of 64 bits nothing can run over.
    plain := v between -1000000000000000000 and 1000000000000000000 and step between -1000000000000 and 1000000000000;
    if form = 1 then
      count := tracker_varint(d, p);
      p := tracker_varint_end(d, p);
      if count < 1 or count > n - i then raise exception 'a run in a column of integers has the length %', count; end if;
      for k in 1 .. count loop
        if plain then v := v + step; else v := tracker_sum(v, step); end if;
        i := i + 1;
        result[i] := v;
      end loop;
    else
      count := least(64, n - i);
      width := get_byte(d, p);
      p := p + 1;
      if width > 64 then raise exception 'a column of integers has differences of % bits', width; end if;
      first := p;
      if width <= 32 and plain then
        mask := (1::bigint << width) - 1;
        bits := 0;
        held := 0;
        for k in 1 .. count loop
          while held < width loop
            bits := bits | (get_byte(d, p)::bigint << held);
            p := p + 1;
            held := held + 8;
          end loop;
          v := v + step + (bits & mask);
          bits := bits >> width;
          held := held - width;
          i := i + 1;
          result[i] := v;
        end loop;
      else
        for k in 0 .. count - 1 loop
          bits := tracker_bits(d, first, (k * width)::integer, least(width, 32));
          if width > 32 then bits := bits | (tracker_bits(d, first, (k * width)::integer + 32, width - 32) << 32); end if;
          v := tracker_sum(tracker_sum(v, step), bits);
          i := i + 1;
          result[i] := v;
        end loop;
      end if;
      p := first + ((count * width + 7) / 8)::integer;
    end if;
  end loop;
  result[n + 1] := p;
  return result;
end $$;

-- Bytes that n values of a form take.
create function tracker_floats_size(form integer, n integer) returns integer language sql immutable strict parallel safe as $$
  select case form when 0 then 4 * n when 1 then 8 * n when 2 then 8 end
$$;

-- A column of n values. The payload of a NaN cannot be shown in SQL; all else is exact: a significand times a power of two.
create function tracker_floats(d bytea, at integer, form integer, n integer) returns double precision[] language plpgsql immutable strict parallel safe as $$
declare
  result double precision[];
begin
  if form not in (0, 1, 2) then raise exception 'a column of values has the unknown form %', form; end if;
  if n = 0 then return '{}'; end if;
  if form = 0 then
    select array_agg(case
        when e = 255 then case when m > 0 then 'NaN' when s = 1 then '-Infinity' else 'Infinity' end::float8
        when e = 0 then m * 1.401298464324817e-45::float8 * (1 - 2 * s)
        else (m + 8388608) * power(2::float8, e - 150) * (1 - 2 * s) end order by i)
    into result
    from (select i, bits & 8388607 as m, ((bits >> 23) & 255)::integer as e, (bits >> 31)::integer as s
          from (select i, get_byte(d, at + 4 * i) | (get_byte(d, at + 4 * i + 1) << 8) | (get_byte(d, at + 4 * i + 2) << 16) | (get_byte(d, at + 4 * i + 3)::bigint << 24) as bits
                from generate_series(0, n - 1) i offset 0) raw offset 0) parts;
    return result;
  end if;
  select array_agg(case
      when e = 2047 then case when m > 0 then 'NaN' when s = 1 then '-Infinity' else 'Infinity' end::float8
      when e = 0 then (m * 2.2250738585072014e-308::float8) * 2.220446049250313e-16::float8 * (1 - 2 * s)
      else (1 + m * 2.220446049250313e-16::float8) * power(2::float8, e - 1023) * (1 - 2 * s) end order by i)
  into result
  from (select i, ((high & 1048575) << 32) | low as m, ((high >> 20) & 2047)::integer as e, (high >> 31)::integer as s
        from (select i, get_byte(d, o) | (get_byte(d, o + 1) << 8) | (get_byte(d, o + 2) << 16) | (get_byte(d, o + 3)::bigint << 24) as low,
                get_byte(d, o + 4) | (get_byte(d, o + 5) << 8) | (get_byte(d, o + 6) << 16) | (get_byte(d, o + 7)::bigint << 24) as high
              from (select i, at + 8 * i as o from generate_series(0, case form when 1 then n - 1 else 0 end) i offset 0) places offset 0) raw offset 0) parts;
  return case form when 1 then result else array_fill(result[1], array[n]) end;
end $$;

-- The part of a chunk before its steps: points, form of the values, offset of the steps, and the sequence of each point.
create function tracker_chunk_head(d bytea, p_kind integer, out n integer, out form integer, out at integer, out sequences bigint[]) language plpgsql immutable strict parallel safe as $$
declare
  batches integer;
  stop integer;
  numbers bigint[];
  counts bigint[];
  i integer := 1;
begin
  if get_byte(d, 0) <> 1 then raise exception 'a chunk has the format version %, which this function does not know', get_byte(d, 0); end if;
  if get_byte(d, 1) <> p_kind then raise exception 'a chunk has the kind %, not %', get_byte(d, 1), p_kind; end if;
  form := get_byte(d, 2) & 3;
  if get_byte(d, 2) > 7 then raise exception 'a chunk has the unknown flags %', get_byte(d, 2); end if;
  n := tracker_varint(d, 3);
  if n not between 1 and 65536 then raise exception 'a chunk has % points', n; end if;
  at := tracker_varint_end(d, 3);
  -- Least and greatest step, first and last sequence; then the count of non-finite values, and least and greatest value where one is finite.
  for k in 1 .. 4 loop at := tracker_varint_end(d, at); end loop;
  at := tracker_varint_end(d, at) + case when tracker_varint(d, at) < n then 16 else 0 end;
  stop := tracker_varint_end(d, at) + tracker_varint(d, at)::integer;
  at := tracker_varint_end(d, at);
  batches := tracker_varint(d, at);
  at := tracker_varint_end(d, at);
  numbers := tracker_integers(d, at, batches);
  counts := tracker_integers(d, numbers[batches + 1]::integer, batches);
  counts := tracker_integers(d, counts[batches + 1]::integer, batches);
  if counts[batches + 1] <> stop then raise exception 'the batches of a chunk do not end where its format says'; end if;
  at := stop;
  sequences := array_fill(0::bigint, array[n]);
  for b in 1 .. batches loop
    for k in 1 .. counts[b] loop
      sequences[i] := numbers[b];
      i := i + 1;
    end loop;
  end loop;
  if i <> n + 1 then raise exception 'the batches of a chunk have % points, not %', i - 1, n; end if;
end $$;

create function tracker_scalar_chunk(d bytea) returns table (step bigint, ms bigint, value double precision, sequence bigint)
language plpgsql immutable strict parallel safe as $$
declare
  head record;
  steps bigint[];
  times bigint[];
  values_at integer;
begin
  select * into head from tracker_chunk_head(d, 1);
  steps := tracker_integers(d, head.at, head.n);
  times := tracker_integers(d, steps[head.n + 1]::integer, head.n);
  values_at := times[head.n + 1];
  if values_at + tracker_floats_size(head.form, head.n) + 4 is distinct from length(d) then raise exception 'a chunk does not end where its format says'; end if;
  return query select * from unnest(steps[1:head.n], times[1:head.n], tracker_floats(d, values_at, head.form, head.n), head.sequences);
end $$;

-- Version and flags of a journal record; the offset and size of one of its sections (1 scalars, 2 histograms), null where it has none.
create function tracker_journal_section(d bytea, section integer, out at integer, out size integer) language plpgsql immutable strict parallel safe as $$
declare
  flags integer := get_byte(d, 1);
begin
  if get_byte(d, 0) <> 1 then raise exception 'a journal record has the format version %, which this function does not know', get_byte(d, 0); end if;
  if flags > 7 then raise exception 'a journal record has the unknown flags %', flags; end if;
  if flags & section = 0 then return; end if;
  at := 2;
  if section = 2 and flags & 1 <> 0 then at := tracker_varint_end(d, at) + tracker_varint(d, at)::integer; end if;
  size := tracker_varint(d, at);
  at := tracker_varint_end(d, at);
end $$;

-- The points of one series in a journal record.
create function tracker_scalar_batch(d bytea, p_series integer) returns table (step bigint, ms bigint, value double precision)
language plpgsql immutable strict parallel safe as $$
declare
  section record;
  p integer;
  columns integer;
  counts integer[] := '{}';
  places integer[] := '{}';
  series integer := 0;
  flags integer;
  step_column integer;
  time_column integer;
  skipped integer := 0;
  found_form integer;
  found_skipped integer;
  found_steps integer;
  found_times integer;
  n integer;
  b integer;
begin
  select * into section from tracker_journal_section(d, 1);
  if section.at is null then return; end if;
  p := section.at;
  columns := tracker_varint(d, p);
  p := tracker_varint_end(d, p);
  for i in 1 .. columns loop
    counts[i] := tracker_varint(d, p);
    p := tracker_varint_end(d, p);
    b := tracker_varint(d, p);
    p := tracker_varint_end(d, p);
    places[i] := p;
    p := p + b;
  end loop;
  n := tracker_varint(d, p);
  p := tracker_varint_end(d, p);
  for i in 1 .. n loop
    b := get_byte(d, p);
    if b < 128 then
      series := series + ((b >> 1) # (-(b & 1)));
      p := p + 1;
    else
      series := series + tracker_zigzag(tracker_varint(d, p));
      p := tracker_varint_end(d, p);
    end if;
    flags := get_byte(d, p);
    p := p + 1;
    if flags > 7 or flags & 3 = 3 then raise exception 'a series in a journal record has the unknown flags %', flags; end if;
    if flags & 4 = 0 then
      step_column := tracker_varint(d, p) + 1;
      p := tracker_varint_end(d, p);
      time_column := tracker_varint(d, p) + 1;
      p := tracker_varint_end(d, p);
    end if;
    if series = p_series then
      found_form := flags & 3;
      found_skipped := skipped;
      found_steps := step_column;
      found_times := time_column;
    end if;
    skipped := skipped + case flags & 3 when 0 then 4 * counts[step_column] when 1 then 8 * counts[step_column] else 8 end;
  end loop;
  if p + skipped <> section.at + section.size then raise exception 'the scalars of a journal record do not end where its format says'; end if;
  if found_form is null then return; end if;
  n := counts[found_steps];
  return query select * from unnest((tracker_integers(d, places[found_steps], n))[1:n], (tracker_integers(d, places[found_times], n))[1:n],
    tracker_floats(d, p + found_skipped, found_form, n));
end $$;

-- One histogram; next is the offset behind it.
create function tracker_histogram(d bytea, at integer, previous double precision[], out edges double precision[], out counts double precision[], out next integer)
language plpgsql immutable parallel safe as $$
declare
  head integer := get_byte(d, at);
  bins integer := tracker_varint(d, at + 1);
  ends double precision[];
begin
  if head > 7 then raise exception 'a histogram has the unknown head %', head; end if;
  if bins not between 1 and 1024 then raise exception 'a histogram has % bins', bins; end if;
  next := tracker_varint_end(d, at + 1);
  if head & 3 = 0 then
    ends := tracker_floats(d, next, 1, 2);
    select array_agg(case when i = bins then ends[2] else ends[1] + i * ((ends[2] - ends[1]) / bins) end order by i) into edges from generate_series(0, bins) i;
    next := next + 16;
  elsif head & 3 = 3 then
    edges := previous;
    if cardinality(edges) is distinct from bins + 1 then raise exception 'a histogram refers to edges that do not stand before it'; end if;
  else
    edges := tracker_floats(d, next, (head & 3) - 1, bins + 1);
    next := next + tracker_floats_size((head & 3) - 1, bins + 1);
  end if;
  if head & 4 <> 0 then
    counts := tracker_floats(d, next, 1, bins);
    next := next + 8 * bins;
  else
    counts := array_fill(0::float8, array[bins]);
    for i in 1 .. bins loop
      counts[i] := tracker_varint(d, next);
      next := tracker_varint_end(d, next);
    end loop;
  end if;
end $$;

create function tracker_histogram_chunk(d bytea) returns table (step bigint, ms bigint, edges double precision[], counts double precision[], sequence bigint)
language plpgsql immutable strict parallel safe as $$
declare
  head record;
  steps bigint[];
  times bigint[];
  p integer;
begin
  select * into head from tracker_chunk_head(d, 2);
  if head.form <> 0 then raise exception 'a chunk of histograms has the unknown form %', head.form; end if;
  steps := tracker_integers(d, head.at, head.n);
  times := tracker_integers(d, steps[head.n + 1]::integer, head.n);
  p := times[head.n + 1];
  for i in 1 .. head.n loop
    select h.edges, h.counts, h.next into edges, counts, p from tracker_histogram(d, p, edges) h;
    step := steps[i];
    ms := times[i];
    sequence := head.sequences[i];
    return next;
  end loop;
  if p + 4 <> length(d) then raise exception 'a chunk does not end where its format says'; end if;
end $$;

create function tracker_histogram_batch(d bytea, p_series integer) returns table (step bigint, ms bigint, edges double precision[], counts double precision[])
language plpgsql immutable strict parallel safe as $$
declare
  section record;
  p integer;
  series bigint := 0;
  size integer;
  behind integer;
begin
  select * into section from tracker_journal_section(d, 2);
  if section.at is null then return; end if;
  p := tracker_varint_end(d, section.at);
  step := 0;
  ms := 0;
  for i in 1 .. tracker_varint(d, section.at) loop
    series := series + tracker_zigzag(tracker_varint(d, p));
    p := tracker_varint_end(d, p);
    step := tracker_sum(step, tracker_zigzag(tracker_varint(d, p)));
    p := tracker_varint_end(d, p);
    ms := tracker_sum(ms, tracker_zigzag(tracker_varint(d, p)));
    p := tracker_varint_end(d, p);
    size := tracker_varint(d, p);
    p := tracker_varint_end(d, p);
    if series = p_series then
      select h.edges, h.counts, h.next into edges, counts, behind from tracker_histogram(d, p, null) h;
      if behind <> p + size then raise exception 'a histogram does not end where its format says'; end if;
      return next;
    end if;
    p := p + size;
  end loop;
  if p <> section.at + section.size then raise exception 'the histograms of a journal record do not end where its format says'; end if;
end $$;
