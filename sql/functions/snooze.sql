-- snooze: puts running jobs off without using an attempt; returns the ids it accepted.
--
-- Locks the jobs in id order. An (id, token) that is not the current claim changes nothing.
create or replace function fleet.snooze(ids bigint[], tokens integer[], delays interval[], reasons text[])
returns setof bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := fleet.now();
    v_closed bigint[];
    v_delays interval[];
begin
    if array_position(snooze.delays, null) is not null then
        raise not_null_violation using message = 'a snooze needs a delay';
    end if;
    v_closed := fleet.close_attempts(snooze.ids, snooze.tokens, 'snoozed', null, snooze.reasons, v_now);
    if v_closed is null then
        return;
    end if;
    select array_agg(closed.id), array_agg(ended.delay)
    into v_closed, v_delays
    from unnest(v_closed) as closed (id)
    join unnest(snooze.ids, snooze.delays) as ended (id, delay) on ended.id = closed.id;

    perform fleet.put_back(v_closed, v_delays, 'snoozed', v_now);
    return query select unnest(v_closed);
end
$$;
comment on function fleet.snooze(bigint[], integer[], interval[], text[]) is
    'Put running jobs off for a while, giving the attempt back.';
