-- Who gets what. A project without a route of its own, and without one for all projects, tells every channel what is a warning or worse.
create table routes (
  id          text primary key,
  project_key bigint references projects,
  name        text not null,
  enabled     boolean not null default true,
  -- {"types", "severity", "conditions", "tags", "groups", "users", "rules"}: all that are named must hold; in a list one is enough.
  match       jsonb not null default '{}',
  channels    text[] not null,
  created_at  timestamptz not null default now()
);
create index routes_of_project on routes (project_key);
