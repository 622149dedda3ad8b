-- Who may do what: people, keys, sessions, invitations, shares, and the audit log. Secrets are stored as SHA-256 of 256 random bits, passwords by ASP.NET Core Identity's hasher.

-- Rises with every change of what nodes keep in memory, in the transaction of the change: a node that sees the number sees the rows.
create table access_state (
  single  boolean primary key default true check (single),
  version bigint not null default 0
);
insert into access_state default values;

create function tracker_access_changed() returns trigger language plpgsql as $$
begin
  update access_state set version = version + 1;
  return null;
end $$;

-- role: in every project; null for one who has only the roles of single projects.
create table users (
  user_key      bigint generated always as identity primary key,
  email         text not null,
  name          text not null,
  password_hash text,
  role          text check (role in ('viewer', 'member', 'admin')),
  created_at    timestamptz not null default now(),
  disabled_at   timestamptz
);
create unique index users_by_email on users (lower(email));

create table memberships (
  user_key    bigint not null references users on delete cascade,
  project_key bigint not null references projects on delete cascade,
  role        text not null check (role in ('viewer', 'member', 'admin')),
  primary key (user_key, project_key)
);
create index memberships_by_project on memberships (project_key);

-- A key that has an owner can never do more than its owner. Rows stay after a revocation: a server that once had a key never becomes open again.
create table api_keys (
  key_id      bigint generated always as identity primary key,
  hash        bytea not null unique check (octet_length(hash) = 32),
  prefix      text not null,
  name        text not null,
  scopes      text[] not null check (scopes <@ array['ingest', 'read', 'write', 'admin'] and cardinality(scopes) > 0),
  project_key bigint references projects on delete cascade,
  user_key    bigint references users on delete cascade,
  created_by  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz,
  revoked_at  timestamptz
);

-- Apart from the keys, so that a use changes nothing that nodes keep in memory.
create table key_uses (
  key_id  bigint primary key references api_keys on delete cascade,
  used_at timestamptz not null,
  address text
) with (fillfactor = 50);

-- A public read-only link to a run or, without one, to a project.
create table shares (
  share_id    bigint generated always as identity primary key,
  hash        bytea not null unique check (octet_length(hash) = 32),
  project_key bigint not null references projects on delete cascade,
  run_key     bigint references runs on delete cascade,
  note        text,
  created_by  text not null,
  created_at  timestamptz not null default now(),
  expires_at  timestamptz,
  revoked_at  timestamptz
);

create trigger users_changed after insert or update or delete on users for each statement execute function tracker_access_changed();
create trigger memberships_changed after insert or update or delete on memberships for each statement execute function tracker_access_changed();
create trigger api_keys_changed after insert or update or delete on api_keys for each statement execute function tracker_access_changed();
create trigger shares_changed after insert or update or delete on shares for each statement execute function tracker_access_changed();

-- A browser that is signed in, as a person or with a key.
create table sessions (
  hash       bytea primary key check (octet_length(hash) = 32),
  user_key   bigint references users on delete cascade,
  key_id     bigint references api_keys on delete cascade,
  created_at timestamptz not null default now(),
  seen_at    timestamptz not null default now(),
  expires_at timestamptz not null,
  address    text,
  check ((user_key is null) <> (key_id is null))
);
create index sessions_by_user on sessions (user_key);

-- A link with which somebody makes an account or, where user_key is set, chooses a new password.
create table invitations (
  invitation_id bigint generated always as identity primary key,
  hash         bytea not null unique check (octet_length(hash) = 32),
  email        text not null,
  role         text check (role in ('viewer', 'member', 'admin')),
  project_key  bigint references projects on delete cascade,
  project_role text check (project_role in ('viewer', 'member', 'admin')),
  user_key     bigint references users on delete cascade,
  created_by   text not null,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  used_at      timestamptz
);

-- Wrong passwords, by address of mail and by it together with the network address they came from; also of people who do not exist.
create table sign_in_failures (
  subject      text primary key,
  failures     integer not null,
  last_at      timestamptz not null default now(),
  locked_until timestamptz
);

create table audit (
  number      bigint generated always as identity primary key,
  at          timestamptz not null default now(),
  actor       text not null,
  address     text,
  action      text not null,
  project_key bigint,
  target      text,
  detail      jsonb
);
create index audit_by_project on audit (project_key, number);
