-- wake: tells the workers that sleep on these queues that there is something for them; costs nothing when none does.
--
-- A notification takes a lock of the whole database at the commit, so none is sent that nobody waits for. Until its end the
-- transaction shares a lock by which whoever falls asleep knows that somebody who did not see it asleep is still under way
-- (fleet.fall_asleep; decision 0021). Never waits. A worker of a release that does not say when it sleeps is always told.
-- Correctness never rests on it: workers also poll.
create or replace function fleet.wake(queues text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_queue text;
    -- So few that a transaction with very many queues does not use up the locks of the server.
    v_bucket integer;
    v_asleep boolean;
begin
    foreach v_queue in array coalesce(queues, '{}') loop
        v_bucket := hashtext(v_queue) & 63;
        -- The order is the guarantee: whoever asked in the other one could miss a worker in between.
        v_asleep := not pg_try_advisory_xact_lock_shared(7370225, v_bucket);
        if not v_asleep then
            -- Sleepers share this lock. One expression, so that nothing can interrupt it and leave the lock behind.
            v_asleep := not (pg_try_advisory_lock(7370224, v_bucket) and pg_advisory_unlock(7370224, v_bucket));
        end if;
        if not v_asleep then
            select exists (
                select from fleet.worker as known where not known.says_when_it_sleeps and v_queue = any(known.queues)
            ) into v_asleep;
        end if;
        if v_asleep then
            perform pg_notify('fleet_wake', v_queue);
        end if;
    end loop;
end
$$;
comment on function fleet.wake(text[]) is 'Wake the workers that sleep on these queues.';
