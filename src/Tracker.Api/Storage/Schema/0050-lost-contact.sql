-- Lost contact: whose silence means something, since when a run counts as running, since when it is lost.

-- beats: this writer has sent a sign of life apart from its batches, so its silence tells more.
alter table writers add column beats boolean not null default false;
alter table runs add column running_since timestamptz not null default now(), add column lost_at timestamptz;
create index runs_running on runs (run_key) where state = 'running' and deleted_at is null;
create index runs_lost on runs (run_key) where state = 'lost' and deleted_at is null;

-- The last sign of life of a run's writers, the server's own apart, and whether they promised to give one every few seconds:
-- by having done so, or by the form of the SDKs' ids.
create function tracker_last_sign(p_run bigint) returns table (heard_at timestamptz, beats boolean) language sql stable as $$
  select max(w.heartbeat_at), coalesce(bool_or(w.beats or w.writer ~ '^(w-)?[0-9a-f]{16}$'), false)
  from writers w where w.run_key = p_run and w.writer <> '~server'
$$;
