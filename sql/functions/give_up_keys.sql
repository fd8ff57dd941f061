-- give_up_keys: lets running jobs go back to waiting though others wait under their keys; returns how many gave theirs up.
--
-- For fleet.put_back, which holds the jobs' locks and has just been refused by the index of waiting jobs. The key stays
-- in the row for people to read, and no longer counts. Of several with one key in the batch the newest keeps it. When
-- nobody is seen to wait, because this snapshot is older than the one who does, all of them give up.
create or replace function fleet.give_up_keys(ids bigint[]) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_given_up integer;
begin
    update fleet.job as job
    set unique_scope = null
    where job.id = any(give_up_keys.ids)
        and job.unique_scope = 'waiting'
        and (
            exists (
                select from fleet.job as other
                where other.kind = job.kind and other.unique_key = job.unique_key
                    and other.unique_scope = 'waiting' and other.state <> 'running'
            )
            or exists (
                select from fleet.job as newer
                where newer.id = any(give_up_keys.ids) and newer.id > job.id
                    and newer.kind = job.kind and newer.unique_key = job.unique_key and newer.unique_scope = 'waiting'
            )
        );
    get diagnostics v_given_up = row_count;
    if v_given_up = 0 then
        update fleet.job as job
        set unique_scope = null
        where job.id = any(give_up_keys.ids) and job.unique_scope = 'waiting' and job.unique_key is not null;
        get diagnostics v_given_up = row_count;
    end if;
    return v_given_up;
end
$$;
comment on function fleet.give_up_keys(bigint[]) is
    'Internal: let running jobs go back to waiting though others wait under their keys.';
