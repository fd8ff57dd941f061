-- foreseen_of_models: how much of what language models left behind a sweep would remove now, by step.
--
-- $1 and $2 what is older may go, of answers and of requests; null: nothing. Takes no lock.
select
    (select count(*) from app.model_answers as answer where answer.used_at <= $1) as model_answers,
    (select count(*) from app.model_requests as request where request.started_at <= $2) as model_requests
