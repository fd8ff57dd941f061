-- known_answers: what a model has said already of these keys, in one codebase.
--
-- $1 codebase, $2 keys. Takes no lock.
select answer.key, answer.answer
from app.model_answers as answer
where answer.codebase_id = $1 and answer.key = any($2::bytea[])
