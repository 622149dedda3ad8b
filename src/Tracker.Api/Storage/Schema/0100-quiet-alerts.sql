-- Alerts that change a message without a sound; mutes count for what already waits, too.

-- Only where it changes an earlier message in place, and to programs.
alter table outbox add column quiet boolean not null default false;

-- Takes up to p_count due deliveries of a channel for p_duration and answers with their keys. Of one subject only the oldest open delivery is taken, so its
-- messages arrive in order. p_rate: deliveries a minute, 0 for no limit; up to p_burst at once. p_digest_after: so many alerts of one reason go by themselves
-- within ten minutes, the others wait p_digest_wait and go in one message; 0 for none. p_least: less severe ones wait (quiet hours).
-- p_breaker: after so many failures in a row one delivery at a time is tried.
create or replace function tracker_claim_deliveries(p_channel text, p_count integer, p_duration interval, p_rate double precision, p_burst double precision,
  p_digest_after integer, p_digest_wait interval, p_least smallint, p_breaker integer)
returns setof bigint language plpgsql as $$
declare
  s channel_states%rowtype;
  k record;
  room integer;
  leader record;
  here timestamptz;
  taken bigint[];
  muting boolean;
begin
  if not exists (select 1 from outbox o where o.channel = p_channel and o.delivered_at is null and o.dead_at is null and o.next_attempt_at <= clock_timestamp()) then return; end if;
  select * into s from channel_states c where c.channel = p_channel for update;
  if not found then
    insert into channel_states (channel, tokens) values (p_channel, p_burst) on conflict do nothing;
    select * into s from channel_states c where c.channel = p_channel for update;
  end if;
  here := clock_timestamp();
  if s.open_until > here then return; end if;
  if s.failures >= p_breaker then
    if exists (select 1 from outbox o where o.channel = p_channel and o.claimed_until > here and o.delivered_at is null and o.dead_at is null) then return; end if;
    p_count := least(p_count, 1);
  end if;
  if p_rate > 0 then
    s.tokens := least(p_burst, coalesce(s.tokens, p_burst) + (extract(epoch from here - s.tokens_at) * p_rate / 60));
    p_count := least(p_count, floor(s.tokens)::integer);
  end if;

  -- What was muted or called wrong meanwhile is not sent, nor sent again; a digest that was tried once stays as it was. Who muted it is told where the message stands.
  muting := exists (select 1 from mutes);
  update outbox o set dead_at = here, skipped = 'muted', claimed_until = null
  from alerts a left join diagnoses d on d.id = a.diagnosis_id left join verdicts v on v.diagnosis_id = a.diagnosis_id
  where o.channel = p_channel and o.delivered_at is null and o.dead_at is null and o.next_attempt_at <= here and (o.claimed_until is null or o.claimed_until <= here)
    and (o.attempts = 0 or o.digest_id is null) and a.id = o.alert_id and a.kind <> 'diagnosis.judged'
    and (v.verdict in ('muted', 'wrong') or (muting and (tracker_mutes(a.project_key, a.run_key, null) or tracker_muted(d))));

  if p_digest_after > 0 then
    -- A digest whose leader was muted, or deleted with its run, is led by the next of its members.
    update outbox o set leads = true where o.delivery_id in (
      select min(m.delivery_id) from outbox m
      where m.channel = p_channel and m.digest_id is not null and m.delivered_at is null and m.dead_at is null group by m.digest_id having not bool_or(m.leads));
    for k in
      select o.digest_key, array_agg(o.delivery_id order by o.delivery_id) as ids from outbox o
      where o.channel = p_channel and o.delivered_at is null and o.dead_at is null and o.next_attempt_at <= here and o.digest_key is not null
        and o.digest_id is null and o.released_at is null and o.severity >= p_least
      group by o.digest_key
    loop
      select p_digest_after - count(*) into room from outbox o
      where o.channel = p_channel and o.digest_key = k.digest_key and o.released_at > here - interval '10 minutes';
      room := greatest(room, 0);
      update outbox o set released_at = here where o.delivery_id = any (k.ids[1:room]);
      if cardinality(k.ids) <= room then continue; end if;
      -- A digest that was tried once is closed: every attempt says the same.
      select o.delivery_id, o.digest_id into leader from outbox o
      where o.channel = p_channel and o.digest_key = k.digest_key and o.leads and o.attempts = 0 and o.delivered_at is null and o.dead_at is null
      order by o.delivery_id limit 1;
      if leader.digest_id is null then
        update outbox o set leads = true, digest_id = gen_random_uuid(), next_attempt_at = here + p_digest_wait
        where o.delivery_id = k.ids[room + 1] returning o.delivery_id, o.digest_id into leader;
      end if;
      update outbox o set digest_id = leader.digest_id where o.delivery_id = any (k.ids[room + 1:]) and o.digest_id is null;
    end loop;
  end if;
  if p_count <= 0 then return; end if;

  with due as (
    select o.delivery_id from outbox o
    where o.channel = p_channel and o.delivered_at is null and o.dead_at is null and o.next_attempt_at <= here
      and (o.claimed_until is null or o.claimed_until <= here) and o.severity >= p_least and (o.digest_id is null or o.leads)
      and not exists (
        select 1 from outbox before
        where before.order_key = o.order_key and before.channel = o.channel and before.delivery_id < o.delivery_id
          and before.delivered_at is null and before.dead_at is null)
    order by o.next_attempt_at, o.delivery_id limit p_count for update skip locked),
  claimed as (
    update outbox o set claimed_until = here + p_duration, attempts = o.attempts + 1, first_attempt_at = coalesce(o.first_attempt_at, here)
    from due where o.delivery_id = due.delivery_id returning o.delivery_id)
  select array_agg(delivery_id order by delivery_id) into taken from claimed;
  if taken is null then return; end if;
  if p_rate > 0 then update channel_states c set tokens = s.tokens - cardinality(taken), tokens_at = here where c.channel = p_channel; end if;
  return query select unnest(taken);
end $$;
