-- The greatest step of any scalar series of a run, written together with its summaries: the list of runs shows it and sorts by it.
create table run_steps (
  run_key   bigint primary key,
  last_step bigint not null
) with (fillfactor = 50);
insert into run_steps select run_key, max(last_step) from summaries where kind = 1 group by run_key;
