-- why: why a job does not run, or what became of it: one sentence for each reason.
--
-- Takes no lock.
create or replace function fleet.why(id bigint) returns setof text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text := fleet.state_of(why.id);
begin
    if v_state is null then
        return next format('no job has the id %s: it was never enqueued, or its history is no longer kept', coalesce(why.id::text, 'null'));
    elsif v_state in ('running', 'cancelling') then
        return query select fleet.why_running(why.id);
    elsif v_state in ('done', 'failed', 'cancelled', 'lost') then
        return query select fleet.why_finished(why.id);
    else
        return query select fleet.why_waiting(why.id);
    end if;
end
$$;
comment on function fleet.why(bigint) is 'Why a job is not running, or what became of it: select fleet.why(42).';
