-- tokens_of: how many jobs of a queue may begin now by its rate; a fraction is part of the way to the next.
--
-- Takes no lock. Tokens come evenly, and no more are kept than the burst. A clock that went back gives none back.
create or replace function fleet.tokens_of(of_queue fleet.queue, at timestamptz) returns double precision
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    -- Of a queue that has no meter yet, least() passes over the null.
    select least(
        of_queue.rate_burst,
        (
            select
                meter.tokens
                    + greatest(extract(epoch from at - meter.counted_at), 0)
                    * of_queue.rate_jobs / extract(epoch from of_queue.rate_per)
            from fleet.meter as meter where meter.queue = of_queue.name
        )
    )::double precision
$$;
comment on function fleet.tokens_of(fleet.queue, timestamptz) is
    'Internal: how many jobs of a queue may begin now by its rate.';
