-- Threshold rules of projects, and what stops runs.

create table alert_rules (
  id          text primary key,
  project_key bigint not null references projects,
  name        text not null,
  expression  text not null,
  severity    smallint not null,
  enabled     boolean not null default true,
  stop        boolean not null default false,
  version     integer not null default 1,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now()
);
create index alert_rules_of_project on alert_rules (project_key);

-- stop_rules: {"nanSteps": 50 or null, "divergence": false}; everything off by default.
alter table projects add column stop_rules jsonb;

-- When a series that an absent(…) rule watches was last heard, by the database's clock, and whether people were told of its silence.
create table rule_silence (
  run_key  bigint not null,
  rule_id  text not null,
  heard_at timestamptz not null default clock_timestamp(),
  told     boolean not null default false,
  points   bigint not null default 0,
  primary key (run_key, rule_id)
) with (fillfactor = 50);

-- Runs that were there before do not tell their code alerts of the past.
insert into cursors (run_key, consumer, sequence) select run_key, 'rules', sequence from run_heads on conflict do nothing;

-- When a stop was asked for: what it saved is counted from there.
alter table run_heads add column stop_at timestamptz;

-- The next number of a project's counter, for statements that change a run: last in their transaction.
create function tracker_next_number(p_project bigint) returns bigint language sql volatile as $$
  insert into project_counters as c (project_key, sequence) values (p_project, 1)
  on conflict (project_key) do update set sequence = c.sequence + 1 returning sequence
$$;
