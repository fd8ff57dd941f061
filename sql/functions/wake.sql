-- wake: tells sleeping workers that these queues have something for them.
--
-- Takes no row lock; PostgreSQL sends one notification for each distinct queue of the transaction, at its commit.
-- Correctness never rests on it: workers also poll.
create or replace function fleet.wake(queues text[]) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select pg_notify('fleet_wake', name) from unnest(queues) as name
$$;
comment on function fleet.wake(text[]) is 'Wake the workers that sleep on these queues.';
