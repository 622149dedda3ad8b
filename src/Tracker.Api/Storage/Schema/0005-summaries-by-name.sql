-- One metric of the runs of a project, looked up run by run or read in a row. Without a column that changes as a run grows, so that a summary's
-- update touches no index.
drop index summaries_by_name;
create index summaries_by_name on summaries (project_key, name, run_key);
