-- old_model_answers: removes answers of language models that no document was written with for a while.
--
-- $1 what is older may go, $2 at most so many. Deletes at most that many rows, skipping those that somebody holds.
with old as (
    select answer.codebase_id, answer.key
    from app.model_answers as answer
    where answer.used_at <= $1
    order by answer.used_at
    limit $2
    for update skip locked
)
delete from app.model_answers as answer
using old
where answer.codebase_id = old.codebase_id and answer.key = old.key
