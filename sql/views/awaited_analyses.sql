-- awaited_analyses: the analyses that live jobs are to write a specification of.
--
-- For retention/orphaned_analyses, whose role reads no arguments of jobs but these.
create or replace view app.awaited_analyses as
select job.args ->> 'analysis_id' as analysis_id
from fleet.job as job
where job.kind = 'generate_spec';
comment on view app.awaited_analyses is
    'The analyses that live jobs are to write a specification of; the id as text, because a job may hold any.';
