-- count_expired: how much of the queue's records is older than these times: what a cleanup would delete now.
--
-- Takes no lock. Of days with a partition the partitions are counted, as they are dropped whole; null: nothing of it.
-- What drop_partition, delete_strays, delete_workers, delete_cron_runs and delete_rollups refuse to delete is not counted.
drop function if exists fleet.count_expired(timestamptz, timestamptz, timestamptz);
create or replace function fleet.count_expired(
    jobs_before timestamptz, workers_before timestamptz, cron_runs_before timestamptz,
    minutes_before timestamptz default null, hours_before timestamptz default null, actions_before timestamptz default null
)
returns table (
    job_days bigint, jobs bigint, attempts bigint, workers bigint, cron_runs bigint, minutes bigint, hours bigint, actions bigint
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select
        (
            select count(*)
            from pg_inherits as part
            join pg_class as class on class.oid = part.inhrelid
            where part.inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)
                and (to_date(substring(class.relname from '_([0-9]{8})$'), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC' <= $1
        ),
        (select count(*) from fleet.job_history_default as job where job.finished_at <= $1),
        (select count(*) from fleet.attempt_default as attempt where attempt.ended_at <= $1),
        (
            select count(*)
            from fleet.worker as worker
            where worker.lease_until <= $2 and not exists (select from fleet.job as job where job.worker = worker.id)
        ),
        (
            select count(*)
            from fleet.cron_run as run
            where run.started_at <= $3
                and run.id is distinct from (
                    select max(done.id) from fleet.cron_run as done
                    where done.task = run.task and done.outcome = 'done' and not done.dry_run
                )
        ),
        (select count(*) from fleet.job_minute as sums where sums.at <= $4)
        + (select count(*) from fleet.depth_minute as sums where sums.at <= $4),
        (select count(*) from fleet.job_hour as sums where sums.at <= $5)
        + (select count(*) from fleet.failure_hour as sums where sums.at <= $5),
        (select count(*) from fleet.operator_action as action where action.at <= $6)
$$;
comment on function fleet.count_expired(timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz) is
    'How much of the queue''s records is older than these times.';
