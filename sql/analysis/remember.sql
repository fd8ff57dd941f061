-- remember: puts an analysis into a user's history, with the days the user's plan keeps it.
--
-- $1 user, $2 analysis. The days are a snapshot: a later change of plan leaves the entry alone. Shares the lock of the
-- analysis, so that retention does not delete what is being remembered.
insert into app.user_analysis_history (user_id, analysis_id, retention_days)
select users.id, analysis.id, plan.retention_days
from app.users as users
join app.plans as plan on plan.name = users.plan
join app.analyses as analysis on analysis.id = $2
where users.id = $1
for share of analysis
on conflict (user_id, analysis_id) do nothing
