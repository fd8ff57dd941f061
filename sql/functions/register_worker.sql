-- register_worker: gives a worker its first lease.
--
-- Inserts one row. A worker that lost its lease registers anew under another id: what it ran before is not its own. One that
-- does not say when it sleeps is notified of everything, as those of the releases before that had to be. slots[i] are
-- those of queues[i].
drop function if exists fleet.register_worker(uuid, text, text, text, integer, text[], text[], interval);
drop function if exists fleet.register_worker(uuid, text, text, text, integer, text[], text[], interval, boolean);
create or replace function fleet.register_worker(
    id uuid, service text, replica text, version text, pid integer, queues text[], kinds text[], lease interval,
    says_when_it_sleeps boolean default false, slots integer[] default null
) returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into fleet.worker (id, service, replica, version, pid, queues, kinds, started_at, lease_until, says_when_it_sleeps, slots)
    values ($1, $2, $3, $4, $5, $6, $7, fleet.now(), fleet.now() + $8, $9, $10)
$$;
comment on function fleet.register_worker(uuid, text, text, text, integer, text[], text[], interval, boolean, integer[]) is
    'Give a worker its first lease.';
