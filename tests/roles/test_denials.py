"""What each user can do at a prompt, and what it is denied."""

from pathlib import Path

import pytest

from fleet import sql
from fleet.db import InsufficientPrivilege, ServerError
from tests.roles.guarded import ROLES, Guarded

STATEMENTS = {
    "analysis": "fleet_analyzer",
    "control": "fleet_operator",
    "dashboard": "fleet_operator",
    "documents": "fleet_operator",
    "retention": "fleet_retention_cleanup",
    "specgen": "fleet_spec_generator",
}
WORKERS = ("fleet_analyzer", "fleet_spec_generator")
NOT_WORKERS = tuple(role for role in ROLES if role not in (*WORKERS, "fleet_migrate"))


def _denied(*cases: tuple[tuple[str, ...], str]) -> list[tuple[str, str]]:
    return [(role, statement) for roles, statement in cases for role in roles]


def _but(*roles: str) -> tuple[str, ...]:
    return tuple(role for role in ROLES if role not in (*roles, "fleet_migrate"))


@pytest.mark.parametrize(
    ("role", "path"),
    [(role, path) for folder, role in STATEMENTS.items() for path in sorted((sql.ROOT / folder).glob("*.sql"))],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
async def test_a_process_may_run_each_of_its_statements(guarded: Guarded, role: str, path: Path) -> None:
    async with guarded.session(role) as connection:
        # Starts the statement, which is when privileges are looked at, and runs nothing.
        await connection.execute(f"explain (generic_plan) {path.read_text(encoding='utf-8')}")


@pytest.mark.parametrize(
    ("role", "statement"),
    _denied(
        (("fleet_enqueue",), "insert into fleet.job (kind, queue) values ('analyze', 'analysis_default')"),
        (("fleet_enqueue",), "copy fleet.job (kind, queue) from stdin"),
        (_but("fleet_operator"), "select args from fleet.job"),
        (_but("fleet_operator"), "select result from fleet.job_history"),
        (_but("fleet_operator"), "select error_message from fleet.attempt"),
        (_but("fleet_operator"), "select args from fleet.job_history_default"),
        (("fleet_operator",), "select args from fleet.job_history_default"),
        (_but(), "update fleet.job set priority = 1"),
        (_but(), "delete from fleet.job_history"),
        (_but(), "insert into fleet.worker select"),
        (_but(), "update fleet.kind set max_attempts = 1000"),
        (_but(), "select nextval('fleet.job_id_seq')"),
        (_but("fleet_analyzer"), "select access_token from app.oauth_accounts"),
        (_but("fleet_analyzer"), "select count(*) from app.oauth_accounts"),
        (_but(), "update app.oauth_accounts set access_token = ''"),
        (_but(), "delete from app.users"),
        (_but(), "update app.users set plan = 'enterprise'"),
        (("fleet_retention_cleanup",), "select overview from app.documents"),
        (("fleet_retention_cleanup",), "select sentence from app.document_behaviours"),
        (("fleet_retention_cleanup",), "select name from app.test_cases"),
        (("fleet_spec_generator",), "update app.analyses set completed_at = null"),
        (("fleet_analyzer",), "select from app.documents"),
        (NOT_WORKERS, "select fleet.claim(gen_random_uuid(), '{}', '{}', '{}')"),
        (NOT_WORKERS, "select fleet.finish('{}', '{}', '{}')"),
        (NOT_WORKERS, "select fleet.register_worker(gen_random_uuid(), '', '', '', 1, '{}', '{}', '1 s')"),
        (_but("fleet_enqueue", "fleet_operator"), "select fleet.enqueue('analyze')"),
        (_but("fleet_operator"), "select fleet.cancel('{1}')"),
        (_but("fleet_operator"), "select fleet.pause('analysis_default')"),
        (_but("fleet_operator"), "select fleet.story(1)"),
        (_but("fleet_retention_cleanup"), "select fleet.drop_partition('job_history_20200101')"),
        (_but(), "select fleet.declare_kind('k', 'q', 1, '1 s', '{}', '{}')"),
        (_but(), "select fleet.end_jobs('{}', 'done', now())"),
        (_but("fleet_operator", "fleet_monitor"), "table fleet.queues"),
        (_but(), "create table fleet.mine ()"),
        (_but(), "create table app.mine ()"),
        (_but(), "create function fleet.mine() returns int language sql as 'select 1'"),
        (
            _but(),
            "create or replace function fleet.now() returns timestamptz language sql as 'select null::timestamptz'",
        ),
        (_but(), "drop table fleet.job_history"),
        (_but(), "alter table fleet.job disable trigger all"),
        (_but(), "truncate fleet.job"),
        (_but(), "create schema mine"),
        (_but(), "set role fleet_owner"),
        (_but(), "set role fleet_migrate"),
    ),
)
async def test_a_user_is_denied_what_its_role_is_not_for(guarded: Guarded, role: str, statement: str) -> None:
    async with guarded.session(role) as connection:
        with pytest.raises(ServerError) as denied:
            await connection.execute(statement)

    assert denied.value.sqlstate in {"42501", "25006" if role == "fleet_monitor" else "42501"}, denied.value


async def test_an_enqueuer_enqueues_and_sees_only_the_answer(guarded: Guarded) -> None:
    async with guarded.session("fleet_migrate") as connection:
        await connection.execute("select fleet.declare_kind('note', 'notes', 3, '1 min', '{}', '{}')")
    async with guarded.session("fleet_enqueue") as connection:
        one = await connection.fetchval("select inserted from fleet.enqueue('note', delay => '1 day')")
        many = await connection.fetch("""select * from fleet.enqueue_many('[{"kind": "note"}, {"kind": "note"}]')""")
        with pytest.raises(ServerError, match="unknown kind 'nope'") as refused:
            await connection.execute("select fleet.enqueue('nope')")
        with pytest.raises(InsufficientPrivilege):
            await connection.execute("select from fleet.job")

    assert (one, len(many), refused.value.sqlstate) == (True, 2, "FL001")


async def test_a_pause_names_the_user_and_not_the_owner_of_the_function(guarded: Guarded) -> None:
    async with guarded.session("fleet_operator") as connection:
        await connection.execute("select fleet.pause('notes', reason => 'a look')")
        paused_by = await connection.fetchval("select paused_by from fleet.queues where queue = 'notes'")
        await connection.execute("select fleet.resume('notes')")

    assert paused_by == f"{guarded.user('fleet_operator')} with fleet-tests"


async def test_an_operator_has_the_whole_manual(guarded: Guarded) -> None:
    async with guarded.session("fleet_migrate") as connection:
        await connection.execute("select fleet.declare_kind('note', 'notes', 3, '1 min', '{}', '{}')")
    async with guarded.session("fleet_operator") as connection:
        job = await connection.fetchval("select id from fleet.enqueue('note', delay => '1 day')")
        for call in (
            f"fleet.reschedule('{{{job}}}', now() + interval '1 h')",
            f"fleet.reprioritise('{{{job}}}', 5)",
            f"fleet.move('{{{job}}}', 'letters')",
            f"fleet.story({job})",
            f"fleet.why({job})",
            "fleet.health()",
            "fleet.queues",
            "fleet.running",
            "fleet.keys",
            f"fleet.cancel('{{{job}}}', reason => 'a test')",
            f"fleet.retry('{{{job}}}')",
            "fleet.failures",
            "fleet.failures_of('note')",
        ):
            await connection.fetch(f"select * from {call}")
        state = await connection.fetchval("select state::text from fleet.job where id = $1", job)

    assert state == "ready"


async def test_a_monitor_sees_the_views_and_the_health_and_writes_nothing(guarded: Guarded) -> None:
    async with guarded.session("fleet_monitor") as connection:
        for name in ("fleet.queues", "fleet.running", "fleet.failures", "fleet.keys", "fleet.health()"):
            await connection.fetch(f"select * from {name}")
        read_only = await connection.fetchval("show transaction_read_only")

    assert read_only == "on"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "fleet_migrate"])
async def test_a_session_that_holds_something_up_is_ended_and_one_that_listens_is_not(
    guarded: Guarded, role: str
) -> None:
    async with guarded.session(role) as connection:
        limits = await connection.fetchrow(
            "select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,"
            " current_setting('idle_in_transaction_session_timeout') as transaction,"
            " current_setting('idle_session_timeout') as session"
        )

    assert limits is not None
    assert "0" not in {limits["statement"], limits["lock"], limits["transaction"]}
    assert limits["session"] == "0"


@pytest.mark.parametrize("role", ["fleet_analyzer", "fleet_spec_generator"])
async def test_a_session_of_a_worker_whose_machine_vanished_is_ended_within_a_lease(
    guarded: Guarded, role: str
) -> None:
    async with guarded.session(role) as connection:
        alive = await connection.fetch(
            "select name, reset_val::integer as seconds from pg_settings where name like 'tcp_keepalives_%'"
        )

    assert {row["name"]: row["seconds"] for row in alive} == {
        "tcp_keepalives_count": 2,
        "tcp_keepalives_idle": 5,
        "tcp_keepalives_interval": 5,
    }


class TestClock:
    @pytest.mark.parametrize("role", [role for role in ROLES if role != "fleet_enqueue"])
    async def test_a_production_role_cannot_move_the_clock(self, guarded: Guarded, role: str) -> None:
        async with guarded.session(role) as connection:
            await connection.execute("set fleet.now = '2026-03-01 12:00Z'")
            with pytest.raises(ServerError, match=f"the clock of the queue is not for {role} to set") as refused:
                await connection.fetchval("select fleet.now()")
            await connection.execute("reset fleet.now")
            now = await connection.fetchval("select abs(extract(epoch from fleet.now() - clock_timestamp())) < 5")

        assert refused.value.sqlstate == "FL006"
        assert now

    async def test_nor_by_way_of_a_function_that_runs_as_its_owner(self, guarded: Guarded) -> None:
        async with guarded.session("fleet_enqueue") as connection:
            await connection.execute("set fleet.now = '2026-03-01 12:00Z'")
            with pytest.raises(ServerError) as refused:
                await connection.execute("select fleet.enqueue('note')")

        assert refused.value.sqlstate == "FL006"
