-- why_queue: everything that keeps all jobs of a queue from being claimed now: its pause and its limits.
--
-- Takes no lock. For fleet.why.
create or replace function fleet.why_queue(queue text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select unnest(array_remove(array[
        case when fleet.is_paused(known.name)
            then format('queue %s is paused by %s', known.name, known.paused_by)
                || coalesce(' until ' || date_trunc('second', known.resume_at), ' until it is resumed')
                || coalesce(': ' || known.pause_reason, '') end,
        case when running.jobs >= known.max_running
            then format('queue %s has %s of %s jobs running', known.name, running.jobs, known.max_running) end,
        case when rate.tokens < 1
            then format(
                'queue %s begins at most %s %s in %s: the next in %s s',
                known.name, known.rate_jobs, case when known.rate_jobs = 1 then 'job' else 'jobs' end, known.rate_per,
                round(((1 - rate.tokens) * extract(epoch from known.rate_per) / known.rate_jobs)::numeric, 1)
            ) end
    ], null))
    from fleet.queue as known
    cross join lateral (
        select count(*) as jobs from fleet.job as job where job.state = 'running' and job.queue = known.name
    ) as running
    cross join lateral (
        select case when known.rate_jobs is not null then fleet.tokens_of(known, fleet.now()) end as tokens
    ) as rate
    where known.name = $1
$$;
comment on function fleet.why_queue(text) is 'Internal: what keeps all jobs of a queue from being claimed now.';
