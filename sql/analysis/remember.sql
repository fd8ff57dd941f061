-- remember: puts a whole analysis into a user's history, with the days the user's plan keeps it; no row when it is not whole.
--
-- $1 user, $2 analysis. The days are a snapshot: a later change of plan leaves the entry alone. Shares the lock of the
-- analysis, so that retention does not take away what is being remembered; what it has condemned already is not whole.
with whole as (
    select id from app.analyses where id = $2 and completed_at is not null for share
), remembered as (
    insert into app.user_analysis_history (user_id, analysis_id, retention_days)
    select users.id, whole.id, plan.retention_days
    from whole
    join app.users as users on users.id = $1
    join app.plans as plan on plan.name = users.plan
    on conflict (user_id, analysis_id) do nothing
)
select id from whole
