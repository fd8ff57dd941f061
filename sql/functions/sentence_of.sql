-- sentence_of: what an error's message says without the facts that differ from one job to the next.
--
-- Takes no lock. The first line, without the facts that this project's errors end with, and with # for every number and
-- every word of hexadecimal digits.
create or replace function fleet.sentence_of(message text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select left(regexp_replace(regexp_replace(regexp_replace(
        split_part(left(coalesce($1, ''), 1000), E'\n', 1),
        ' \(\w+=.*\)\s*$', ''),
        '\m[0-9a-fA-F-]*[0-9][0-9a-fA-F-]*\M', '#', 'g'),
        '[0-9]+', '#', 'g'), 200)
$$;
comment on function fleet.sentence_of(text) is 'Internal: what an error''s message says without its facts and numbers.';
