-- set_ageing: says how long jobs of a queue may wait behind more urgent ones before they get a share of the claims.
--
-- Locks the row of the queue. Null: five minutes, as for a queue of which nothing is said.
create or replace function fleet.set_ageing(queue text, after interval) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if set_ageing.queue is null then
        raise exception sqlstate 'FL002' using message = 'give the queue whose jobs age';
    end if;
    perform fleet.check_values(set_ageing.queue, null, null, null);
    if set_ageing.after <= interval '0' then
        raise exception sqlstate 'FL002' using message = 'jobs age after a while', hint = 'For example: after => ''10 min''';
    end if;
    insert into fleet.queue (name, ageing) values (set_ageing.queue, set_ageing.after)
    on conflict (name) do update set ageing = excluded.ageing;
end
$$;
comment on function fleet.set_ageing(text, interval) is
    'Give jobs that have waited so long behind more urgent ones a tenth of the claims: select fleet.set_ageing(''analysis_default'', ''10 min'').';
