-- spend: notes that a claim took jobs of a limited queue.
--
-- For fleet.claim, which holds the lock of the queue's meter. Written for a queue without a rate too, so that two claims that
-- do not see each other's jobs cannot both commit.
create or replace function fleet.spend(of_queue fleet.queue, taken integer) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    update fleet.meter as meter
    set tokens = case when of_queue.rate_jobs is null then meter.tokens else fleet.tokens_of(of_queue, fleet.now()) - taken end,
        counted_at = greatest(fleet.now(), meter.counted_at)
    where meter.queue = of_queue.name
$$;
comment on function fleet.spend(fleet.queue, integer) is 'Internal: note that a claim took jobs of a limited queue.';
