-- story: everything that is known to have happened to a job, in order.
--
-- Takes no lock. A successful attempt is told by its claim and the end of the job; what happened longer ago than history
-- is kept is gone.
create or replace function fleet.story(id bigint)
returns table (at timestamptz, event text, attempt integer, worker uuid, detail text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with job as (
        select
            live.kind, live.queue, live.priority, live.attempt, live.worker, live.enqueued_at, live.claimed_at, live.run_at,
            live.state::text as state, live.cancel_requested_at, live.cancel_reason,
            null::text as outcome, null::timestamptz as finished_at, null::text as error
        from fleet.job as live where live.id = $1
        union all
        select
            ended.kind, ended.queue, ended.priority, ended.attempt, ended.worker, ended.enqueued_at, ended.claimed_at, null,
            null, null, null,
            ended.outcome::text, ended.finished_at, concat_ws(': ', ended.error_class, ended.error_message)
        from fleet.job_history as ended where ended.id = $1
    ), closed as (
        select tried.attempt, tried.outcome::text as outcome, tried.worker, tried.started_at, tried.ended_at, tried.token,
               concat_ws(': ', tried.error_class, tried.error_message) as error
        from fleet.attempt as tried where tried.job_id = $1
    ), events as (
        select job.enqueued_at as at, 1 as step, 0 as token, 'enqueued' as event, null::integer as attempt,
               null::uuid as worker, format('%s in queue %s with priority %s', job.kind, job.queue, job.priority) as detail
        from job
        union all
        select closed.started_at, 2, closed.token, 'claimed', closed.attempt, closed.worker, null from closed
        union all
        select closed.ended_at, 3, closed.token, 'attempt ' || closed.outcome, closed.attempt, closed.worker, closed.error
        from closed
        union all
        select job.claimed_at, 4, 2147483647, 'claimed', job.attempt, job.worker, null
        from job
        where job.claimed_at is not null
            and not exists (
                select from closed where closed.started_at = job.claimed_at and closed.worker = job.worker
            )
        union all
        select job.cancel_requested_at, 5, 2147483647, 'cancel requested', job.attempt, job.worker, job.cancel_reason
        from job where job.cancel_requested_at is not null
        union all
        select job.run_at, 6, 2147483647, 'due', null, null, null from job where job.state = 'scheduled'
        union all
        select job.finished_at, 7, 2147483647, job.outcome, job.attempt, job.worker, job.error
        from job where job.finished_at is not null
    )
    select events.at, events.event, events.attempt, events.worker, nullif(events.detail, '')
    from events
    order by events.at, events.token, events.step
$$;
comment on function fleet.story(bigint) is 'What happened to a job, in order: select * from fleet.story(42).';
