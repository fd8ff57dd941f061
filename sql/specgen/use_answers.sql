-- use_answers: notes that answers are still of use, once a day.
--
-- $1 codebase, $2 keys. Locks the rows it changes, in the order of their keys; those that somebody holds are left alone.
with stale as (
    select answer.codebase_id, answer.key
    from app.model_answers as answer
    where answer.codebase_id = $1 and answer.key = any($2::bytea[]) and answer.used_at < fleet.now() - interval '1 day'
    order by answer.key
    for update skip locked
)
update app.model_answers as answer
set used_at = fleet.now()
from stale
where answer.codebase_id = stale.codebase_id and answer.key = stale.key
