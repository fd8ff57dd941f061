-- Quarantine: a job under which workers die does not take its neighbours with it again and again.

alter table fleet.job add column crashes smallint not null default 0;
-- True of every row there is.
alter table fleet.job add constraint crashes_stay_in_bounds check (crashes between 0 and 1000) not valid;
comment on column fleet.job.crashes is
    'How often the worker of this job died. From the second time on the job runs alone, because it may be what they die of.';

-- For fleet.quarantine: what runs alone, or is to.
-- squawk-ignore require-concurrent-index-creation
create index job_quarantined on fleet.job (queue, priority, id) where crashes >= 2 and state in ('ready', 'running');
