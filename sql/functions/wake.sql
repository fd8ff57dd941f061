-- wake: tells sleeping workers that these queues have something for them.
--
-- Takes no row lock; the notification is sent at commit, one for each distinct queue of the transaction. Correctness
-- never rests on it: workers also poll.
create or replace function fleet.wake(queues text[]) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    select pg_notify('fleet_wake', name) from (select distinct unnest(queues) as name) as queue
$$;
comment on function fleet.wake(text[]) is 'Wake the workers that sleep on these queues.';
