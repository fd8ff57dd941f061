-- fall_asleep: says that this session's worker sleeps on queues, anew on some of them; whether what came before is over.
--
-- For the connection on which the worker listens: as long as that lasts, or until fleet.stay_awake, it holds a lock that makes
-- fleet.wake notify. True: nobody is under way any more who did not see it asleep, so a claim that finds nothing from now on
-- may be followed by sleep. False: somebody still is, and the worker is to look again when that may have ended. Waits at most
-- for moments, and nobody ever waits for it.
create or replace function fleet.fall_asleep(queues text[], anew text[]) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '20ms'
as $$
begin
    perform pg_advisory_lock_shared(7370224, hashtext(name) & 63) from unnest(fall_asleep.anew) as name;
    begin
        -- Held until the end of this statement. In one order, because others fall asleep too.
        perform pg_advisory_xact_lock(7370225, bucket.number)
        from (
            select distinct hashtext(name) & 63 as number from unnest(fall_asleep.queues) as name order by number
        ) as bucket;
    exception when lock_not_available then
        return false;
    end;
    return true;
end
$$;
comment on function fleet.fall_asleep(text[], text[]) is
    'Say that this session''s worker sleeps on queues; whether a claim that finds nothing may be followed by sleep.';
