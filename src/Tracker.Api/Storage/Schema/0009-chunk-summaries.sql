-- What a chart needs to know of a chunk before it reads its bytes: the times it covers, and its first, least, greatest and last point
-- (docs/format.md). Null in rows that are older: these are read.
alter table chunks add column first_time bigint, add column last_time bigint, add column summary bytea;
alter table chunks alter column summary set storage plain;
-- How often the points of a chunk have been rewritten: ten small chunks of level 0 become one of level 1, ten small ones of level 1 one of level 2.
alter table chunks add column level smallint not null default 2;
