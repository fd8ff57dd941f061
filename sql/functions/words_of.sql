-- words_of: the words of a name, whichever way it is written.
--
-- Takes no lock. Whatever is beyond ASCII belongs to a word, because not every collation knows letters there. test_getUserById, "get user by id" and GetUserByID have the same ones but for "test".
create or replace function app.words_of(name text) returns text[]
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(distinct word), '{}')
    from regexp_split_to_table(
        lower(regexp_replace($1, '([a-z0-9])([A-Z])', '\1 \2', 'g')), '[^a-z0-9\u0080-\U0010ffff]+'
    ) as word
    where word <> ''
$$;
comment on function app.words_of(text) is 'Internal: the words of a name, however they are joined.';
