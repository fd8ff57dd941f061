-- cleanup_due: which steps of a cleanup have anything to do in the queue's records, judged by these times.
--
-- Takes no lock. Null: nothing of it is to go. What somebody holds counts as well, though its step would pass over it. The
-- sums are due an hour after they were brought up to date, and the days ahead when fleet.make_partitions would make one.
create or replace function fleet.cleanup_due(
    jobs_before timestamptz, workers_before timestamptz, cron_runs_before timestamptz,
    minutes_before timestamptz, hours_before timestamptz, actions_before timestamptz
)
returns table (
    sums boolean, job_days boolean, jobs boolean, attempts boolean, workers boolean, cron_runs boolean, minutes boolean,
    hours boolean, actions boolean, days_ahead boolean
)
language sql stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
    select
        exists (
            select from fleet.rollup as rollup
            where (rollup.counted_at > fleet.now() - interval '1 hour' and rollup.counted_at <= fleet.now()) is not true
        ),
        exists (
            select
            from pg_inherits as part
            join pg_class as class on class.oid = part.inhrelid
            where part.inhparent in ('fleet.job_history'::regclass, 'fleet.attempt'::regclass)
                and (to_date(substring(class.relname from '_([0-9]{8})$'), 'YYYYMMDD') + 1)::timestamp at time zone 'UTC' <= $1
        ),
        exists (select from fleet.job_history_default as job where job.finished_at <= $1),
        exists (select from fleet.attempt_default as attempt where attempt.ended_at <= $1),
        exists (
            select
            from fleet.worker as worker
            where worker.lease_until <= $2 and not exists (select from fleet.job as job where job.worker = worker.id)
        ),
        exists (
            select
            from fleet.cron_run as run
            where run.started_at <= $3
                and run.id is distinct from (
                    select max(done.id) from fleet.cron_run as done
                    where done.task = run.task and done.outcome = 'done' and not done.dry_run
                )
        ),
        exists (select from fleet.job_minute as sums where sums.at <= $4)
        or exists (select from fleet.depth_minute as sums where sums.at <= $4),
        exists (select from fleet.job_hour as sums where sums.at <= $5)
        or exists (select from fleet.failure_hour as sums where sums.at <= $5),
        exists (select from fleet.operator_action as action where action.at <= $6),
        exists (
            select
            from unnest(array['attempt', 'job_history']) as parent (name), generate_series(0, 14) as ahead
            where to_regclass(
                'fleet.' || parent.name || '_' || to_char(fleet.now() + make_interval(days => ahead), 'YYYYMMDD')
            ) is null
        )
$$;
comment on function fleet.cleanup_due(timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, timestamptz) is
    'Which steps of a cleanup have anything to do in the queue''s records.';
