-- actions: what people did, the latest first.
--
-- $1 below this number. Takes no lock.
select
    action.id, action.at, action.who, action.session, action.what, action.why, action.jobs, action.count,
    action.details::text as details
from fleet.operator_action as action
where action.id < $1
order by action.id desc
limit 50
