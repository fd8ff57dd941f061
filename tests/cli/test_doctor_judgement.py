"""What a check makes of what it sees."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet.cli.doctor import (
    clock,
    crons,
    disk,
    driver,
    encryption,
    git,
    headroom,
    health,
    pauses,
    pooler,
    roles,
    server,
    snapshots,
    vacuum,
    workers,
)
from fleet.cli.doctor.finding import Finding
from fleet.cli.session import CliSettings
from fleet.config import DatabaseUrl

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def levels(found: Finding | list[Finding]) -> list[str]:
    return [finding.level for finding in (found if isinstance(found, list) else [found])]


def said(found: Finding | list[Finding]) -> str:
    return " ".join(f"{finding.found} {finding.advice}" for finding in (found if isinstance(found, list) else [found]))


@pytest.mark.parametrize(
    ("version", "level"), [("0.32.0", "ok"), ("0.31.9", "bad"), ("1.0", "ok"), ("0.32.0rc1", "ok"), ("0.4", "bad")]
)
def test_a_driver_is_judged_by_its_version(version: str, level: str) -> None:
    assert levels(driver.judge(version)) == [level]


@pytest.mark.parametrize(
    ("says", "level"),
    [
        ("git version 2.47.3", "ok"),
        ("git version 2.47.2", "warn"),
        ("git version 2.50.0", "warn"),
        ("git version 2.50.1 (Apple Git-155)", "ok"),
        ("git version 2.51.0.windows.1", "ok"),
        ("git version 2.39.5", "warn"),
        ("git version 3.0", "ok"),
        ("git version 1.8.3.1", "warn"),
        ("nonsense", "warn"),
    ],
)
def test_git_is_judged_by_the_fixes_of_its_line(says: str, level: str) -> None:
    assert levels(git.judge(says)) == [level]


async def test_a_machine_without_git_is_told_where_it_is_needed() -> None:
    found = await git.look("/nowhere")

    assert found.level == "warn"
    assert "Only where the analyzer runs" in found.advice


@pytest.mark.parametrize(
    ("url", "level"),
    [
        ("postgresql://a:b@localhost/x", "ok"),
        ("postgresql:///x?host=/run/postgresql", "ok"),
        ("postgresql://a:b@postgres.railway.internal/x", "ok"),
        ("postgresql://a:b@db.example.org/x", "warn"),
        ("postgresql://a:b@db.example.org/x?sslmode=prefer", "warn"),
        ("postgresql://a:b@db.example.org/x?sslmode=require", "ok"),
        ("postgresql://a:b@db.example.org/x?sslmode=verify-full", "ok"),
        ("postgresql://a:b@/x?host=db.example.org", "warn"),
    ],
)
def test_a_password_that_may_cross_a_network_in_the_clear_is_a_warning(url: str, level: str) -> None:
    found = encryption.judge(CliSettings(database_url=DatabaseUrl(url)))

    assert levels(found) == [level]
    assert "a:b" not in said(found)


def sample(sent: float, server_at: float, received: float) -> tuple[datetime, datetime, datetime]:
    first, second, third = (NOON + timedelta(seconds=second) for second in (sent, server_at, received))
    return first, second, third


@pytest.mark.parametrize(
    ("samples", "level", "says"),
    [
        ([sample(0, 0.1, 0.2)], "ok", "within 0.2s"),
        ([sample(0, 30, 0.1)], "warn", "29s ahead of"),
        ([sample(0, -30, 0.1)], "warn", "30s behind"),
        # The slow answer says nothing, the quick one that all is well.
        ([sample(0, 20, 20), sample(30, 30.1, 30.2)], "ok", "within 0.2s"),
        ([sample(0, 5, 60)], "ok", "within 1m"),
    ],
)
def test_a_clock_is_judged_by_the_quickest_answer(
    samples: list[tuple[datetime, datetime, datetime]], level: str, says: str
) -> None:
    found = clock.judge(samples)

    assert found.level == level
    assert says in found.found


STARTED = NOON
ELSEWHERE = NOON + HOUR


@pytest.mark.parametrize(
    ("by_url", "direct", "level", "says"),
    [
        ((False, "x", STARTED), None, "ok", "no pooler"),
        ((True, "x", STARTED), None, "bad", "Set DATABASE_UNPOOLED_URL"),
        ((True, "x", STARTED), (False, "x", STARTED), "ok", "a pooler for statements, none for LISTEN"),
        ((True, "x", STARTED), (True, "x", STARTED), "bad", "DATABASE_UNPOOLED_URL"),
        ((False, "x", STARTED), (False, "y", STARTED), "bad", "two databases"),
        ((False, "x", STARTED), (False, "x", ELSEWHERE), "bad", "two databases"),
    ],
)
def test_a_pooler_belongs_behind_one_of_the_two_addresses(
    by_url: tuple[bool, str, datetime], direct: tuple[bool, str, datetime] | None, level: str, says: str
) -> None:
    found = pooler.judge(pooler.Place(*by_url), None if direct is None else pooler.Place(*direct))

    assert found.level == level
    assert says in said(found)


SOUND: dict[str, Any] = {
    "version": "18.1",
    "number": 180_001,
    "is_replica": False,
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "idle_session_timeout": "0",
    "isolation": "read committed",
    "now": None,
}


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({}, ["ok"]),
        ({"number": 140_010}, ["bad"]),
        ({"is_replica": True}, ["bad"]),
        ({"fsync": "off"}, ["bad"]),
        ({"full_page_writes": "off"}, ["bad"]),
        ({"synchronous_commit": "off"}, ["warn"]),
        ({"idle_session_timeout": "5min"}, ["warn"]),
        ({"isolation": "serializable"}, ["bad"]),
        ({"now": "2026-01-01"}, ["bad"]),
        ({"fsync": "off", "synchronous_commit": "off"}, ["bad", "warn"]),
    ],
)
def test_a_server_is_judged_by_what_the_queue_rests_on(odd: dict[str, Any], expected: list[str]) -> None:
    assert levels(server.judge(SOUND | odd)) == expected


QUIET: dict[str, Any] = {
    "is_on": True,
    "turned_off": [],
    "age": 1000,
    "freeze_at": 200_000_000,
    "live": 10,
    "dead": 20,
    "vacuumed": HOUR,
}


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ({}, ["ok"]),
        ({"vacuumed": None, "dead": None, "live": None}, ["ok"]),
        ({"is_on": False}, ["bad"]),
        ({"turned_off": ["fleet.job"]}, ["bad"]),
        ({"age": 500_000_000}, ["warn"]),
        ({"age": 1_900_000_000}, ["bad"]),
        ({"dead": 100_011}, ["warn"]),
    ],
)
def test_vacuum_is_judged_before_it_hurts(odd: dict[str, Any], expected: list[str]) -> None:
    assert levels(vacuum.judge(QUIET | odd)) == expected


def holder(sort: str, **more: Any) -> dict[str, Any]:
    return {
        "sort": sort,
        "name": "one",
        "user": "ann",
        "program": "psql",
        "state": "idle in transaction",
        "age": timedelta(minutes=6),
        "octets": 0,
        **more,
    }


@pytest.mark.parametrize(
    ("holder", "level", "says"),
    [
        (holder("transaction", name="4711"), "warn", "pg_terminate_backend(4711)"),
        (holder("transaction", age=2 * HOUR), "bad", "2h"),
        (holder("prepared"), "bad", "rollback prepared 'one'"),
        (holder("slot"), "warn", "pg_drop_replication_slot('one')"),
        (holder("slot", octets=2 << 30), "bad", "2.0 GB"),
        (holder("replica", octets=20_000_000), "warn", "hot_standby_feedback"),
        (holder("transaction", program="\x1b[2J"), "warn", "\\x1b[2J"),
    ],
)
def test_what_holds_an_old_snapshot_is_named_with_what_ends_it(holder: dict[str, Any], level: str, says: str) -> None:
    found = snapshots.judge([holder])

    assert levels(found) == [level]
    assert says in said(found)


def test_nothing_that_holds_a_snapshot_is_well() -> None:
    assert levels(snapshots.judge([])) == ["ok"]


@pytest.mark.parametrize(
    ("used", "most", "level"), [(10, 97, "ok"), (78, 97, "warn"), (93, 97, "bad"), (500, -1, "ok"), (1, 0, "ok")]
)
def test_room_for_connections_is_judged_by_share(used: int, most: int, level: str) -> None:
    unlimited = {"most_of_database": -1, "used_of_database": 1, "most_of_user": -1, "used_by_user": 1}
    seen = {"used": used, "most": most, **unlimited}

    assert levels(headroom.judge(seen)) == [level]


def test_the_narrowest_limit_counts() -> None:
    seen = {"used": 5, "most": 97, "most_of_database": 5, "used_of_database": 5, "most_of_user": 6, "used_by_user": 5}

    assert levels(headroom.judge(seen)) == ["bad", "warn"]


@pytest.mark.parametrize(("room", "level"), [(None, "ok"), ((50, 100), "ok"), ((9, 100), "warn"), ((2, 100), "bad")])
def test_a_disk_is_judged_by_what_is_free_where_that_can_be_known(room: tuple[int, int] | None, level: str) -> None:
    seen = {"octets": 5 << 30, "largest": ["fleet.job 1 MB"]}

    assert disk.judge(seen, None, room).level == level


def user(**more: Any) -> dict[str, Any]:
    return {
        "name": "analyzer_1",
        "is_superuser": False,
        "roles": ["fleet_analyzer"],
        "sessions": 1,
        "has_limits": True,
        **more,
    }


@pytest.mark.parametrize(
    ("user", "level", "says"),
    [
        (user(), "ok", "each user has one role"),
        (user(is_superuser=True, roles=[]), "warn", "superuser analyzer_1"),
        (user(roles=["fleet_analyzer", "fleet_operator"]), "warn", "fleet_analyzer, fleet_operator"),
        (user(has_limits=False), "warn", "sql/roles.sql again"),
        (user(is_superuser=True, roles=[], sessions=0), "ok", ""),
    ],
)
def test_users_of_a_guarded_database_have_one_role_each(user: dict[str, Any], level: str, says: str) -> None:
    found = roles.judge([user])

    assert levels(found) == [level]
    assert says in said(found)


def kind(**more: Any) -> dict[str, Any]:
    return {"kind": "note", "queue": "notes", "jobs": 3, "is_declared": True, "is_served": True, **more}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(kind(), []), (kind(is_served=False), ["bad"]), (kind(is_declared=False, is_served=False), ["bad"])],
)
def test_jobs_that_nobody_would_take_are_bad(kind: dict[str, Any], expected: list[str]) -> None:
    assert levels(workers.judge_kinds([kind])) == expected


def worker(service: str, version: str) -> dict[str, Any]:
    return {"service": service, "version": version, "workers": 2, "since": NOON}


@pytest.mark.parametrize(
    ("alive", "level"),
    [
        ([], "warn"),
        ([worker("analyzer", "a"), worker("spec-generator", "b")], "ok"),
        ([worker("analyzer", "a"), worker("analyzer", "b")], "warn"),
    ],
)
def test_workers_are_of_one_version_once_a_deploy_is_over(alive: list[dict[str, Any]], level: str) -> None:
    assert levels(workers.judge_versions(alive)) == [level]


@pytest.mark.parametrize(("since", "level"), [(timedelta(minutes=59), "ok"), (2 * HOUR, "warn")])
def test_a_pause_without_an_end_is_forgotten_after_an_hour(since: timedelta, level: str) -> None:
    paused = {"queue": "notes", "paused_by": "ann", "pause_reason": None, "since": since, "waiting": 3}

    assert levels(pauses.judge([paused])) == [level]


@pytest.mark.parametrize(
    ("task", "level"),
    [
        ({"state": "done", "late": False}, "ok"),
        ({"state": "running", "late": False}, "ok"),
        ({"state": "partial", "late": False}, "ok"),
        ({"state": "done", "late": True}, "warn"),
        ({"state": "failed", "late": False}, "warn"),
        ({"state": "unfinished", "late": False}, "warn"),
    ],
)
def test_a_cron_task_is_judged_by_its_newest_run(task: dict[str, Any], level: str) -> None:
    found = crons.judge([{"task": "retention-cleanup", "since_success": HOUR, "error_class": None, **task}])

    assert levels(found) == [level]
    assert level == "ok" or "python -m entrypoints.retention_cleanup" in said(found)


def test_a_database_where_no_cron_task_ran_is_a_warning() -> None:
    assert levels(crons.judge([])) == ["warn"]


def test_each_check_of_the_queue_that_fails_is_a_warning_with_something_to_do() -> None:
    failed = [{"check": check, "ok": False, "detail": "x"} for check in (*health._ADVICE, "new one")]

    found = health.judge([*failed, {"check": "fine", "ok": True, "detail": ""}])

    assert levels(found) == ["warn"] * len(failed)
    assert all(finding.advice for finding in found)
