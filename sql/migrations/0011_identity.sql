-- Identity: a codebase is known by the number its host gave it, and keeps its history when it changes its address.

alter table app.codebases add column external_id text;
alter table app.codebases add column seen_at timestamptz;
-- True of every row there is: nothing has been seen of it.
alter table app.codebases add constraint whoever_was_seen_has_a_number check ((external_id is null) = (seen_at is null)) not valid;
comment on column app.codebases.external_id is
    'What the host calls the repository, whatever its address; null until its API was asked, and where it has none.';
comment on column app.codebases.seen_at is
    'When the host''s API was last asked who this is; an answer to an older question changes nothing.';
comment on column app.codebases.repo is
    'Where another repository took the address, name~id: no host has such a name, and what was found there before stays readable.';

-- For analysis/find_seen, and one codebase for each repository.
-- squawk-ignore require-concurrent-index-creation
create unique index codebases_external_id on app.codebases (host, external_id);
