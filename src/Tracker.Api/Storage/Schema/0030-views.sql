-- Views of a project's pages that people kept under a name: what the URL of the page held.
create table saved_views (
  view_id text primary key,
  project_key bigint not null references projects on delete cascade,
  name text not null,
  page text not null,
  state jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index saved_views_of_project on saved_views (project_key, name);
