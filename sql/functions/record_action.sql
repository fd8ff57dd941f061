-- record_action: puts on record what somebody does to jobs or queues; returns the number of the record.
--
-- For the tools that people steer with, in the transaction in which they act, so that there is no action without its
-- record nor the other way round. Takes no lock. Keeps the first thousand ids, and counts all. Raises FL002.
create or replace function fleet.record_action(
    what text, why text, who text default null, jobs bigint[] default '{}', details jsonb default '{}'
) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_who constant text := coalesce(nullif(btrim(record_action.who), ''), session_user);
    v_why constant text := btrim(record_action.why);
    v_id bigint;
begin
    if (record_action.what ~ '^[a-z][a-z0-9_]{0,62}$') is not true then
        raise exception sqlstate 'FL002' using
            message = format('%s is no action', quote_nullable(left(record_action.what, 64))),
            hint = 'An action is called what the function that does it is: cancel, retry, pause.';
    end if;
    if (octet_length(v_why) between 1 and 1024) is not true then
        raise exception sqlstate 'FL002' using
            message = 'an action has a reason of at most 1024 bytes', hint = 'Say why, for whoever reads it in a month.';
    end if;
    if octet_length(v_who) > 256 then
        raise exception sqlstate 'FL002' using message = 'the name of who acts must fit in 256 bytes';
    end if;
    if (jsonb_typeof(record_action.details) = 'object' and octet_length(record_action.details::text) <= 16384) is not true then
        raise exception sqlstate 'FL002' using message = 'the details of an action are an object of at most 16384 bytes';
    end if;
    insert into fleet.operator_action as recorded (at, who, session, what, why, jobs, count, details)
    values (
        fleet.now(), v_who, session_user || coalesce(' with ' || nullif(current_setting('application_name'), ''), ''),
        record_action.what, v_why,
        coalesce(record_action.jobs[:1000], '{}'), coalesce(cardinality(record_action.jobs), 0), record_action.details
    )
    returning recorded.id into v_id;
    return v_id;
end
$$;
comment on function fleet.record_action(text, text, text, bigint[], jsonb) is
    'Put on record what you do: select fleet.record_action(''cancel'', ''wrong repo'', who => ''ann'', jobs => array[42]).';
