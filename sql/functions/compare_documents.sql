-- compare_documents: what became of the behaviours between two documents: added, removed, reworded, moved, or of another
-- status.
--
-- Takes no lock. A behaviour is the same when its test is: of one path, suites and name. Of what is left, in this order and
-- each behaviour once: the same sentence in the same feature is the same behaviour, shown by another test; the same sentence
-- in one other feature alone moved; in the same feature, with half of its words the same, and more alike to none, it was
-- reworded. Where more than 10,000 pairs of one feature would have to be compared, none is. One that was reworded, moved and
-- given another status is told once, in that order of importance. Behaviours that stayed as they were do not appear.
create or replace function app.compare_documents(before bigint, after bigint)
returns table (
    change text, domain text, feature text, sentence text, status text, path text, line integer,
    domain_before text, feature_before text, sentence_before text, status_before text, path_before text, line_before integer
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with old as materialized (
        select found.*, row_number() over (partition by found.path, found.suites, found.name order by found.place) as nth
        from app.behaviours_of(compare_documents.before) as found
    ), new as materialized (
        select found.*, row_number() over (partition by found.path, found.suites, found.name order by found.place) as nth
        from app.behaviours_of(compare_documents.after) as found
    ), same as materialized (
        select old.place as old_place, new.place as new_place
        from old join new on new.path = old.path and new.suites = old.suites and new.name = old.name and new.nth = old.nth
    ), old_1 as materialized (
        select old.place, old.domain, old.feature, old.sentence,
               row_number() over (partition by old.domain, old.feature, old.sentence order by old.place) as nth
        from old where not exists (select from same where same.old_place = old.place)
    ), new_1 as materialized (
        select new.place, new.domain, new.feature, new.sentence,
               row_number() over (partition by new.domain, new.feature, new.sentence order by new.place) as nth
        from new where not exists (select from same where same.new_place = new.place)
    ), shown_by_another as materialized (
        select old_1.place as old_place, new_1.place as new_place
        from old_1
        join new_1 on new_1.domain = old_1.domain and new_1.feature = old_1.feature
            and new_1.sentence = old_1.sentence and new_1.nth = old_1.nth
    ), old_2 as materialized (
        select old_1.place, old_1.domain, old_1.feature, old_1.sentence, count(*) over (partition by old_1.sentence) as alike
        from old_1 where not exists (select from shown_by_another as pair where pair.old_place = old_1.place)
    ), new_2 as materialized (
        select new_1.place, new_1.domain, new_1.feature, new_1.sentence, count(*) over (partition by new_1.sentence) as alike
        from new_1 where not exists (select from shown_by_another as pair where pair.new_place = new_1.place)
    ), moved as materialized (
        select old_2.place as old_place, new_2.place as new_place
        from old_2 join new_2 on new_2.sentence = old_2.sentence
        where old_2.alike = 1 and new_2.alike = 1
    ), old_3 as materialized (
        select old_2.place, old_2.domain, old_2.feature, app.words_of(old_2.sentence) as words,
               count(*) over (partition by old_2.domain, old_2.feature) as left_over
        from old_2 where not exists (select from moved where moved.old_place = old_2.place)
    ), new_3 as materialized (
        select new_2.place, new_2.domain, new_2.feature, app.words_of(new_2.sentence) as words,
               count(*) over (partition by new_2.domain, new_2.feature) as left_over
        from new_2 where not exists (select from moved where moved.new_place = new_2.place)
    ), alike as materialized (
        select old_3.place as old_place, new_3.place as new_place,
               row_number() over (partition by old_3.place order by common.share desc, new_3.place) as of_old,
               row_number() over (partition by new_3.place order by common.share desc, old_3.place) as of_new
        from old_3
        join new_3 on new_3.domain = old_3.domain and new_3.feature = old_3.feature
            and old_3.left_over * new_3.left_over <= 10000
        cross join lateral (
            select count(*)::numeric / nullif(greatest(cardinality(old_3.words), cardinality(new_3.words)), 0) as share
            from unnest(old_3.words) as word where word = any(new_3.words)
        ) as common
        where common.share >= 0.5
    ), pairs as (
        select same.old_place, same.new_place from same
        union all
        select pair.old_place, pair.new_place from shown_by_another as pair
        union all
        select moved.old_place, moved.new_place from moved
        union all
        select alike.old_place, alike.new_place from alike where alike.of_old = 1 and alike.of_new = 1
    ), paired as (
        select
            case
                when old.place is null then 'added'
                when new.place is null then 'removed'
                when old.sentence <> new.sentence then 'reworded'
                when (old.domain, old.feature) <> (new.domain, new.feature) then 'moved'
                when old.status <> new.status then 'status'
            end as change,
            old.place as old_place, old.domain as domain_before, old.feature as feature_before,
            old.sentence as sentence_before, old.status as status_before, old.path as path_before, old.line as line_before,
            new.place as new_place, new.domain, new.feature, new.sentence, new.status, new.path, new.line
        from old
        left join pairs on pairs.old_place = old.place
        full join new on new.place = pairs.new_place
    )
    select paired.change, paired.domain, paired.feature, paired.sentence, paired.status, paired.path, paired.line,
           paired.domain_before, paired.feature_before, paired.sentence_before, paired.status_before, paired.path_before,
           paired.line_before
    from paired
    where paired.change is not null
    order by paired.new_place, paired.old_place;
end
$$;
comment on function app.compare_documents(bigint, bigint) is
    'What became of the behaviours between two documents: added, removed, reworded, moved, or of another status.';
