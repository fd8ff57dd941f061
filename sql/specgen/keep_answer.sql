-- keep_answer: keeps what a model said; what is there already stays, so that documents agree with each other.
--
-- $1 codebase, $2 key, $3 answer. Inserts one row; the caller gives the keys in their order.
insert into app.model_answers (codebase_id, key, answer, used_at)
values ($1, $2, $3, fleet.now())
on conflict do nothing
