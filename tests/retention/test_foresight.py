"""What a dry run says is what the next run does."""

from datetime import timedelta

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleet.db import Connection
from fleet.retention.policy import read_policy
from fleet.retention.rules import Swept
from fleet.retention.sweep import foresee
from fleet.testing.clock import set_clock
from tests.retention.conftest import DAY, GONE, NOW, RULES, Stored, sweep_all

EDGES = [
    days * DAY + offset
    for days in (1, 7, 30, 90)
    for offset in (-timedelta(microseconds=1), timedelta(0), timedelta(hours=7))
]
AGES = st.sampled_from(EDGES)
DAYS = st.sampled_from([None, 1, 7, 30, 90])
OF_QUEUE = [
    "job",
    "attempt",
    "day",
    "worker",
    "busy worker",
    "cron",
    "failed cron",
    "minute",
    "depth",
    "hour",
    "failure",
    "action",
]


class Reference(msgspec.Struct):
    """Something that keeps an analysis, or did."""

    age: timedelta
    days: int | None
    of: str


class Made(msgspec.Struct):
    """An analysis and what refers to it."""

    age: timedelta
    completed: bool
    userless: bool
    job: str
    references: list[Reference]


class Kept(msgspec.Struct):
    """A record of the queue's own."""

    age: timedelta
    of: str


REFERENCES = st.lists(
    st.builds(Reference, age=AGES, days=DAYS, of=st.sampled_from(["history", "document", "withdrawn"])), max_size=3
)
ANALYSES = st.lists(
    st.builds(
        Made,
        age=AGES,
        completed=st.booleans(),
        userless=st.booleans(),
        job=st.sampled_from(["gone", "gone", "writes", "awaits"]),
        references=REFERENCES,
    ),
    max_size=6,
)
RECORDS = st.lists(
    st.builds(Kept, age=AGES, of=st.sampled_from(OF_QUEUE)),
    max_size=8,
    unique_by=lambda kept: (kept.of, kept.age),
)
POLICY = st.fixed_dictionaries(dict.fromkeys(("jobs", "workers", "cron_runs", "minutes", "hours", "actions"), DAYS))

CLEAR = """
    truncate app.codebases, app.users, app.analyses restart identity cascade;
    truncate fleet.job, fleet.job_history, fleet.attempt, fleet.cron_run;
    truncate fleet.job_minute, fleet.depth_minute, fleet.job_hour, fleet.failure_hour, fleet.operator_action;
    delete from fleet.worker;
    select fleet.make_partitions();
    select fleet.drop_partition(relname) from pg_class
        where relname ~ '^attempt_[0-9]{8}$' and relkind = 'r' and right(relname, 8) < to_char(fleet.now(), 'YYYYMMDD');
"""
JOB = """
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, enqueued_at, finished_at)
    values ($1, 'a', 'q', 'done', 0, '{}', 1, 1, $2, $2)
"""
ATTEMPT = "insert into fleet.attempt (job_id, token, attempt, outcome, ended_at) values ($1, 1, 1, 'snoozed', $2)"
WORKER = "insert into fleet.worker values (gen_random_uuid(), 's', 'r', 'v', 1, '{}', '{}', $1, $1) returning id"
BUSY = """
    insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at)
    values ('a', 'q', 'running', 1, 1, $1, $2)
"""
CRON_RUN = """
    insert into fleet.cron_run (task, every, dry_run, version, started_at, ended_at, outcome, missed)
    values ('report', '1 day', false, '', $1, $1, $2, 0)
"""
SUMS = {
    "minute": "insert into fleet.job_minute values ($1, 'q', $2, 'done', 1, 0, 0, '{}', '{}')",
    "hour": "insert into fleet.job_hour values ($1, 'q', $2, 'done', 1, 0, 0, '{}', '{}')",
    "depth": "insert into fleet.depth_minute values ($1, $2, 1, 0, 0, 0)",
    "failure": "insert into fleet.failure_hour values ($1, $2, 'Boom', '', 1, $1, $1, 1)",
    "action": "insert into fleet.operator_action (at, who, session, what, why, jobs, count, details)"
    " values ($1, 'ann', $2, 'cancel', 'flood', '{}', 0, '{}')",
}

LONG_AGO, LATELY = 91 * DAY, timedelta(hours=7)
# One of each, because chance may take long to find what only one condition tells apart.
ONE_OF_EACH = [
    Made(age=LONG_AGO, completed=completed, userless=userless, job=job, references=references)
    for completed in (True, False)
    for userless in (True, False)
    for job in ("gone", "writes", "awaits")
    for references in (
        [],
        [Reference(age=30 * DAY, days=30, of="history")],
        [Reference(age=LATELY, days=30, of="history")],
        [Reference(age=LONG_AGO, days=None, of="history")],
        [Reference(age=30 * DAY, days=30, of="document")],
        [Reference(age=LATELY, days=30, of="withdrawn")],
        [Reference(age=LONG_AGO, days=None, of="document")],
    )
]


@example(
    analyses=ONE_OF_EACH,
    records=[Kept(age=age, of=of) for of in OF_QUEUE for age in (LONG_AGO, 30 * DAY, LATELY)],
    policy={"jobs": 30, "workers": 30, "cron_runs": 7, "minutes": 7, "hours": 30, "actions": 30},
)
@given(analyses=ANALYSES, records=RECORDS, policy=POLICY)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_sweep_removes_what_was_foreseen_and_leaves_nothing_to_be_foreseen(
    conn: Connection, analyses: list[Made], records: list[Kept], policy: dict[str, int | None]
) -> None:
    await set_clock(conn, NOW)
    await conn.execute(CLEAR)
    for what, days in policy.items():
        await conn.execute("update app.retention_policy set days = $2 where what = $1", what, days)
    stored = Stored(conn)
    for made in analyses:
        await _make(stored, made)
    # A day that has a partition takes what is of it; one with strays could not get a partition any more.
    for number, kept in enumerate(sorted(records, key=lambda kept: kept.of != "day")):
        await _keep(conn, kept, number)

    foreseen = await foresee(conn, await read_policy(conn))
    swept = await sweep_all(conn, RULES)
    again = await foresee(conn, await read_policy(conn))

    assert foreseen == msgspec.structs.replace(swept, days_ahead=0)
    assert again == Swept()


async def _make(stored: Stored, made: Made) -> None:
    job = GONE
    if made.job == "writes":
        job = await stored.connection.fetchval("insert into fleet.job (kind, queue) values ('a', 'q') returning id")
    analysis = await stored.analysis(age=made.age, completed=made.completed, userless=made.userless, job=job)
    if made.job == "awaits":
        await stored.connection.execute(
            "insert into fleet.job (kind, queue, args) values ('generate_spec', 'specview_default', $1::text::jsonb)",
            f'{{"analysis_id": {analysis}}}',
        )
    for reference in made.references:
        if reference.of == "history":
            await stored.history(analysis, age=reference.age, days=reference.days)
        else:
            removed = reference.of == "withdrawn"
            await stored.document(analysis, age=reference.age, days=reference.days, removed=removed)


async def _keep(connection: Connection, kept: Kept, number: int) -> None:
    at = NOW - kept.age
    match kept.of:
        case "job" | "attempt":
            await connection.execute(JOB if kept.of == "job" else ATTEMPT, number, at)
        case "day":
            day = f"{at:%Y%m%d}"
            await connection.execute(
                f"create table if not exists fleet.attempt_{day} partition of fleet.attempt"
                f" for values from ('{day} 00:00Z') to (timestamptz '{day} 00:00Z' + interval '24 hours')"
            )
        case "worker" | "busy worker":
            worker = await connection.fetchval(WORKER, at)
            if kept.of == "busy worker":
                await connection.execute(BUSY, worker, at)
        case "minute" | "hour" | "depth" | "failure" | "action":
            await connection.execute(SUMS[kept.of], at, str(number))
        case _:
            await connection.execute(CRON_RUN, at, "done" if kept.of == "cron" else "failed")
