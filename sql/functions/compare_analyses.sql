-- compare_analyses: what became of the tests between two inventories: added, removed, moved, renamed, or another status.
--
-- Takes no lock. A test is the same when its path, its suites and its name are. Of what is left, in this order and each test
-- once: with the same suites and name in one other file alone, it moved; with the same name in the same file, its suites
-- were renamed; in the same suites, with half of its words the same, and more alike to none, it was renamed. Where more than
-- 10,000 pairs of one suite would have to be compared, none is. Tests that stayed as they were do not appear.
create or replace function app.compare_analyses(before bigint, after bigint)
returns table (
    change text, path text, line integer, suites text[], name text, status text,
    path_before text, suites_before text[], name_before text, status_before text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with old as materialized (
        select found.place, found.path, found.line, found.suites, found.name, found.status,
               row_number() over (partition by found.path, found.suites, found.name order by found.place) as nth
        from app.tests_of(compare_analyses.before) as found
    ), new as materialized (
        select found.place, found.path, found.line, found.suites, found.name, found.status,
               row_number() over (partition by found.path, found.suites, found.name order by found.place) as nth
        from app.tests_of(compare_analyses.after) as found
    ), same as materialized (
        select old.place as old_place, new.place as new_place
        from old join new on new.path = old.path and new.suites = old.suites and new.name = old.name and new.nth = old.nth
    ), old_1 as materialized (
        select old.place, old.path, old.suites, old.name, count(*) over (partition by old.suites, old.name) as alike
        from old where not exists (select from same where same.old_place = old.place)
    ), new_1 as materialized (
        select new.place, new.path, new.suites, new.name, count(*) over (partition by new.suites, new.name) as alike
        from new where not exists (select from same where same.new_place = new.place)
    ), moved as materialized (
        select old_1.place as old_place, new_1.place as new_place
        from old_1 join new_1 on new_1.suites = old_1.suites and new_1.name = old_1.name
        where old_1.alike = 1 and new_1.alike = 1
    ), old_2 as materialized (
        select old_1.place, old_1.path, old_1.suites, old_1.name,
               row_number() over (partition by old_1.path, old_1.name order by old_1.place) as nth
        from old_1 where not exists (select from moved where moved.old_place = old_1.place)
    ), new_2 as materialized (
        select new_1.place, new_1.path, new_1.suites, new_1.name,
               row_number() over (partition by new_1.path, new_1.name order by new_1.place) as nth
        from new_1 where not exists (select from moved where moved.new_place = new_1.place)
    ), regrouped as materialized (
        select old_2.place as old_place, new_2.place as new_place
        from old_2 join new_2 on new_2.path = old_2.path and new_2.name = old_2.name and new_2.nth = old_2.nth
    ), old_3 as materialized (
        select old_2.place, old_2.path, old_2.suites, app.words_of(old_2.name) as words,
               count(*) over (partition by old_2.path, old_2.suites) as left_over
        from old_2 where not exists (select from regrouped where regrouped.old_place = old_2.place)
    ), new_3 as materialized (
        select new_2.place, new_2.path, new_2.suites, app.words_of(new_2.name) as words,
               count(*) over (partition by new_2.path, new_2.suites) as left_over
        from new_2 where not exists (select from regrouped where regrouped.new_place = new_2.place)
    ), alike as materialized (
        select old_3.place as old_place, new_3.place as new_place, common.share,
               row_number() over (partition by old_3.place order by common.share desc, new_3.place) as of_old,
               row_number() over (partition by new_3.place order by common.share desc, old_3.place) as of_new
        from old_3
        join new_3 on new_3.path = old_3.path and new_3.suites = old_3.suites and old_3.left_over * new_3.left_over <= 10000
        cross join lateral (
            select count(*)::numeric / nullif(greatest(cardinality(old_3.words), cardinality(new_3.words)), 0) as share
            from unnest(old_3.words) as word where word = any(new_3.words)
        ) as common
        where common.share >= 0.5
    ), pairs as (
        select 'same' as kind, same.old_place, same.new_place from same
        union all
        select 'renamed', regrouped.old_place, regrouped.new_place from regrouped
        union all
        select 'moved', moved.old_place, moved.new_place from moved
        union all
        select 'renamed', alike.old_place, alike.new_place from alike where alike.of_old = 1 and alike.of_new = 1
    ), paired as (
        select
            case
                when old.place is null then 'added'
                when new.place is null then 'removed'
                when pairs.kind <> 'same' then pairs.kind
                when old.status <> new.status then 'status'
            end as change,
            old.path as path_before, old.suites as suites_before, old.name as name_before, old.status as status_before,
            old.line as line_before, new.path, new.line, new.suites, new.name, new.status
        from old
        left join pairs on pairs.old_place = old.place
        full join new on new.place = pairs.new_place
    )
    select paired.change, paired.path, paired.line, paired.suites, paired.name, paired.status,
           paired.path_before, paired.suites_before, paired.name_before, paired.status_before
    from paired
    where paired.change is not null
    order by coalesce(paired.path, paired.path_before), coalesce(paired.line, paired.line_before), paired.change,
             coalesce(paired.name, paired.name_before);
end
$$;
comment on function app.compare_analyses(bigint, bigint) is
    'What became of the tests between two inventories: added, removed, moved, renamed, or of another status.';
