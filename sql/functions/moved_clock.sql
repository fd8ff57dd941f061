-- moved_clock: the time that a session has set for itself; refuses one that production rests on.
--
-- For fleet.now. Takes no lock. Asks for the session's user, whom neither SET ROLE nor a function's owner hides, and not of
-- superusers, who are members of every role. Raises FL006: a worker with a clock of its own would run jobs before they are
-- due and rescue those of workers that live.
create or replace function fleet.moved_clock(setting text) returns timestamptz
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role name;
begin
    select production.rolname into v_role
    from pg_roles as production
    join pg_roles as own on own.rolname = session_user and not own.rolsuper
    where production.rolname in (
            'fleet_owner', 'fleet_migrate', 'fleet_analyzer', 'fleet_spec_generator', 'fleet_retention_cleanup',
            'fleet_enqueue', 'fleet_operator', 'fleet_monitor'
        )
        and pg_has_role(session_user, production.oid, 'member')
    order by production.rolname
    limit 1;
    if v_role is not null then
        raise exception sqlstate 'FL006' using
            message = format('the clock of the queue is not for %s to set', v_role),
            hint = 'The setting fleet.now is for tests: reset fleet.now.';
    end if;
    return moved_clock.setting::timestamptz;
end
$$;
comment on function fleet.moved_clock(text) is
    'Internal: the time that a session has set for itself; refuses a production role.';
