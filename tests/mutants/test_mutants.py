"""What `make mutants` breaks: one guard at a time, always the same ones, each under a name of its own."""

from collections import Counter

import pytest

from tests.mutants.operators import mutants_of
from tests.mutants.seeds import equivalents, seeds
from tests.mutants.targets import FUNCTIONS, places_of

FUNCTION = """\
-- example: takes what is due.
create or replace function fleet.example() returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
as $$
declare
    v_now timestamptz := fleet.now();
    v_id bigint;
begin
    -- A comment about where 1 < 2 is no condition.
    select coalesce(due.id, 0) into v_id from fleet.job as due
    where due.state = 'ready' and (due.run_at <= v_now or due.priority between 1 and 3)
    order by due.run_at, due.id
    limit 10
    for update skip locked;
    if v_id is null then
        perform fleet.wake('{}');
    end if;
    update fleet.job as job set attempt = job.attempt + 1, worker = null where job.id = v_id;
    return v_id;
end
$$;
"""


@pytest.fixture(scope="module")
def broken() -> dict[str, str]:
    """By its name, the lines in which each mutant of the example is not as it was."""
    original = FUNCTION.splitlines()
    return {
        mutant.name.removeprefix("example: "): "\n".join(
            line.strip() for line in mutant.text.splitlines() if line not in original
        )
        for mutant in mutants_of("example", FUNCTION)
    }


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (
            "without due.state = 'ready'",
            "where true and (due.run_at <= v_now or due.priority between 1 and 3)",
        ),
        (
            "without due.priority between 1 and 3",
            "where due.state = 'ready' and (due.run_at <= v_now or false)",
        ),
        ("not (v_id is null)", "if not (v_id is null) then"),
        ("without v_id is null", "if false then"),
        (
            "'scheduled' for 'ready' in where due.state = 'ready' and (due.run_at",
            "where due.state = 'scheduled' and (due.run_at <= v_now or due.priority between 1 and 3)",
        ),
        (
            "< for <= in and (due.run_at <= v_now or due.priority",
            "where due.state = 'ready' and (due.run_at < v_now or due.priority between 1 and 3)",
        ),
        ("due.id, due.run_at for due.run_at, due.id", "order by due.id, due.run_at"),
        ("due.run_at desc for due.run_at", "order by due.run_at desc, due.id"),
        ("without limit 10", ""),
        ("no skip locked in for update skip locked after due.run_at, due.id limit 10", "for update;"),
        ("without for update skip locked after due.run_at, due.id limit 10", ";"),
        ("(due.id) for coalesce(due.id, 0)", "select (due.id) into v_id from fleet.job as due"),
        (
            "0 for 1 in = job.attempt + 1, worker =",
            "update fleet.job as job set attempt = job.attempt + 0, worker = null where job.id = v_id;",
        ),
        ("without worker = null", "update fleet.job as job set attempt = job.attempt + 1 where job.id = v_id;"),
        ("without perform fleet.wake('{}');", "null;"),
    ],
)
def test_a_guard_is_broken(broken: dict[str, str], name: str, line: str) -> None:
    assert broken[name] == line


def test_a_comment_is_left_alone(broken: dict[str, str]) -> None:
    assert not any("comment" in line for line in broken.values())


def test_every_function_of_a_guarantee_has_mutants_with_names_of_their_own() -> None:
    names = Counter(mutant.name for mutant in seeds())

    assert {name.partition(":")[0] for name in names} >= set(FUNCTIONS) - {"register_worker", "wake"}
    assert names.most_common(1)[0][1] == 1


def test_the_same_mutants_come_every_time() -> None:
    assert seeds() == seeds()


def test_every_mutant_has_tests(pytestconfig: pytest.Config) -> None:
    places = {place for mutant in seeds() for place in places_of(mutant)}

    assert [place for place in sorted(places) if not (pytestconfig.rootpath / place).is_file()] == []


def test_what_cannot_be_told_apart_is_a_mutant_and_has_a_reason() -> None:
    names = {mutant.name for mutant in seeds()}

    assert [name for name, reason in equivalents().items() if name not in names or not reason] == []
