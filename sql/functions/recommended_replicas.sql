-- recommended_replicas: how many processes with so many slots for a queue it needs now; none, when there is nothing to do.
--
-- Takes no lock. Bounded work, whatever is waiting: counts up to 50000 ready jobs, and judges by up to 20000 ended ones.
-- Slots that are needed = jobs ended a second × mean run time (what comes in keeps so many busy, if the queue keeps up)
--     + ready jobs × mean run time / target (what more it takes for these to have begun within the target),
-- but no fewer than run, and no more than the queue's max_running lets run. Whatever is to be done, one process is needed;
-- so also for a job that falls due within the lead. A paused queue needs only those that its running jobs have.
create or replace function fleet.recommended_replicas(
    queue text, slots integer default 10, target interval default '1 min', lead interval default '1 min',
    most integer default 100
) returns integer
language sql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_sort = off
as $$
    with moment as (
        select fleet.now() as now
    ), known as (
        select coalesce(bool_or(fleet.is_paused(known.name)), false) as paused, min(known.max_running) as max_running
        from fleet.queue as known where known.name = $1
    ), ready as (
        select count(*) as jobs
        from (
            select from fleet.job as job
            where job.state = 'ready' and job.queue = $1
            order by job.priority, job.id
            limit 50000
        ) as head
    ), running as (
        select count(*) as jobs, avg(extract(epoch from moment.now - job.claimed_at)) as seconds
        from moment
        join fleet.job as job on job.state = 'running' and job.queue = $1
    ), others as (
        -- Arriving ones are admitted by a claim, so that without a process they would arrive for ever.
        select
            exists (select from fleet.job as job where job.state = 'arriving' and job.queue = $1)
            or exists (
                select from fleet.job as job, moment
                where job.state = 'scheduled' and job.queue = $1
                    and job.run_at <= moment.now + coalesce($4, '0')
            ) as waiting
    ), ended as (
        select
            count(*) filter (where history.queue = $1) as jobs,
            avg(extract(epoch from history.finished_at - history.claimed_at)) filter (where history.queue = $1) as seconds,
            extract(epoch from greatest(max(history.finished_at) - min(history.finished_at), interval '1 s')) as span,
            count(*) as looked_at
        from (
            select history.queue, history.claimed_at, history.finished_at
            from fleet.job_history as history
            where history.finished_at > (select moment.now - interval '10 min' from moment)
                and history.finished_at <= (select moment.now from moment)
            limit 20000
        ) as history
    ), arithmetic as (
        select
            running.jobs as running,
            case when known.paused then 0 else ready.jobs end as ready,
            others.waiting and not known.paused as waiting,
            coalesce(ended.seconds, running.seconds, 0) as seconds,
            -- Where fewer ended than are looked at, they are those of the whole ten minutes.
            ended.jobs / case when ended.looked_at < 20000 then 600 else ended.span end as a_second,
            known.max_running
        from known cross join ready cross join running cross join others cross join ended
    ), needed as (
        select
            arithmetic.running + arithmetic.ready > 0 or arithmetic.waiting as any_at_all,
            greatest(
                arithmetic.running,
                least(
                    case when arithmetic.ready > 0 or arithmetic.running > 0 then arithmetic.a_second * arithmetic.seconds else 0 end
                    + arithmetic.ready * arithmetic.seconds / greatest(extract(epoch from coalesce($3, '1 min')), 1),
                    arithmetic.max_running
                )
            ) as slots
        from arithmetic
    )
    select case
        when not needed.any_at_all then 0
        else least(greatest(ceil(needed.slots / greatest($2, 1)), 1), greatest(coalesce($5, 100), 1))
    end::integer
    from needed
$$;
comment on function fleet.recommended_replicas(text, integer, interval, interval, integer) is
    'How many processes with so many slots a queue needs, for its ready jobs to begin within the target; 0 when there is nothing to do.';
