-- Thresholds of a project and of single runs: what was set, without the defaults.
alter table projects add column options jsonb;
alter table runs add column options jsonb;

-- How bad a diagnosis was when somebody judged it: who acknowledged it is told again when it gets worse.
alter table verdicts add column severity smallint;

-- What nobody wants to be told of: a run or all runs of a project, one condition or all, for a time or until it is taken back.
create table mutes (
  mute_id     bigint generated always as identity primary key,
  project_key bigint not null,
  run_key     bigint,
  condition   text,
  until       timestamptz,
  reason      text not null,
  said_by     text not null,
  said_at     timestamptz not null default now()
);
create index mutes_by_project on mutes (project_key);

-- Whether a mute is in force for one signal of a diagnosis; a null condition asks for mutes of everything.
create function tracker_mutes(project bigint, run bigint, signal text) returns boolean language sql stable as $$
  select exists (
    select 1 from mutes m
    where m.project_key = project and (m.run_key is null or m.run_key = run) and (m.until is null or m.until > now())
      and (m.condition is null or m.condition = signal))
$$;

-- A diagnosis is muted where everything is, or where each of its active signals is that made it more than a note (each one, where it is a note).
create function tracker_muted(diagnosis diagnoses) returns boolean language sql stable as $$
  select exists (select 1 from mutes m where m.project_key = diagnosis.project_key)
    and (tracker_mutes(diagnosis.project_key, diagnosis.run_key, null)
      or (exists (
            select 1 from signals s
            where s.run_key = diagnosis.run_key and s.diagnosis_id = diagnosis.id and s.active and s.severity >= least(1, diagnosis.severity))
          and not exists (
            select 1 from signals s
            where s.run_key = diagnosis.run_key and s.diagnosis_id = diagnosis.id and s.active and s.severity >= least(1, diagnosis.severity)
              and not tracker_mutes(diagnosis.project_key, diagnosis.run_key, s.signal_id))))
$$;
