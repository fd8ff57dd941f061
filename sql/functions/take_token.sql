-- take_token: takes a token of a queue's rate for something that is no job; returns how long to wait for one, zero when taken.
--
-- For what jobs ask of others, such as the requests to a language model: the queue named needs no jobs. Locks the queue's meter
-- until the transaction ends, as claims do, so let that be at once. Without a rate everything is taken.
create or replace function fleet.take_token(queue text) returns interval
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_queue fleet.queue;
begin
    select known.* into v_queue from fleet.queue as known where known.name = take_token.queue;
    if v_queue.rate_jobs is null then
        return interval '0';
    end if;
    -- Of whatever runs in a queue of this name: how many do is no matter here.
    v_queue.max_running := null;
    if fleet.allot(v_queue, 1) < 1 then
        return extract(epoch from v_queue.rate_per) / v_queue.rate_jobs
            * (1 - fleet.tokens_of(v_queue, fleet.now())) * interval '1 s';
    end if;
    perform fleet.spend(v_queue, 1);
    return interval '0';
end
$$;
comment on function fleet.take_token(text) is
    'Take a token of a queue''s rate (fleet.limit_rate) for something that is no job; answers with how long to wait for one, zero when it was taken.';
