"""How long each page of the dashboard and its slowest statement take over ten million finished jobs; dropping a day.

Prints JSON lines: python -m benchmarks.dashboard [JOBS]. Needs about 5 GB below the temporary folder, and some minutes.
"""

import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile
from operator import eq
from statistics import median
from time import perf_counter

import anyio
import httpx2
import msgspec

from benchmarks.frame.ground import APPLICATION, LONG, open_ground
from benchmarks.frame.process import open_python
from fleet.config import DatabaseUrl
from fleet.db import Connection, connect
from fleet.migrate import migrate
from fleet.sql import ROOT

DAYS = 30
ROUNDS = 5
_TRIES = 300
_KINDS = """
    select fleet.declare_kind('kind_' || n, 'queue_' || n % 4, 3, '20 min', '{}', '{}') from generate_series(0, 9) as n
"""
_DAY = """
    create table fleet.job_history_{day} partition of fleet.job_history
    for values from ('{day} 00:00Z') to (timestamptz '{day} 00:00Z' + interval '24 hours')
"""
# Ids in the order of time, one failure in a hundred, messages that differ in a number, arguments like an analysis has.
_FILL = """
    insert into fleet.job_history
        (id, kind, queue, outcome, priority, args, attempt, max_attempts, fair_key, enqueued_at, claimed_at,
         finished_at, result, error_class, error_message)
    select
        $2::bigint + n, 'kind_' || n % 10, 'queue_' || n % 10 % 4, made.outcome, 0,
        jsonb_build_object('owner', 'owner-' || n % 5000, 'repo', 'repo-' || n % 9000, 'commit', md5(n::text)),
        1, 3, 'user-' || n % 1000, made.at - interval '3 s', made.at - interval '1 s' * (n % 2000) / 1000, made.at,
        case when made.outcome = 'done' then '{"tests": 12}'::jsonb end,
        case when made.outcome = 'failed' then 'Error' || n % 7 end,
        case when made.outcome = 'failed' then 'the host did not answer, attempt ' || n end
    from generate_series(1, $3::integer) as n
    cross join lateral (
        select $1::timestamptz + interval '24 hours' * (n - 1) / $3 as at,
               (case when n % 100 = 0 then 'failed' else 'done' end)::fleet.job_outcome as outcome
    ) as made
"""
_LIVE = """
    insert into fleet.job (kind, queue, args)
    select 'kind_' || n % 10, 'queue_' || n % 10 % 4, '{"owner": "psf"}' from generate_series(1, 20000) as n
"""
_DEPTHS = """
    insert into fleet.depth_minute
    select date_trunc('minute', now()) - n * interval '1 min', 'queue_' || queue, 10, 1, 0, 5
    from generate_series(1, 20160) as n, generate_series(0, 3) as queue
    on conflict do nothing
"""

# What the server itself spends on each statement, from the first of them on.
_SETTINGS = {"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track_planning": "on"}
_WATCH = "create extension pg_stat_statements"
_FORGET = "select pg_stat_statements_reset()"
_SPENT = """
    select query, max_plan_time + max_exec_time as worst, mean_plan_time + mean_exec_time as mean
    from pg_stat_statements
    where query not like '%fleet.roll_up(%'
    order by worst desc
"""
# What the server shows in another way than it was written: constants, and parameters.
_REPLACED = re.compile(r"'[^']*'|\$?\b\d+\b|\b(true|false|null)\b")
_ALIKE = 15


async def fill(connection: Connection, jobs: int) -> int:
    """Put *jobs* into the days up to now; returns how many there are."""
    await connection.execute(_KINDS)
    await connection.execute("select fleet.make_partitions()")
    days = await connection.fetch(
        "select date_trunc('day', now()) - n * interval '1 day' as at from generate_series($1::integer, 1, -1) as n",
        DAYS,
    )
    first = 0
    for row in days:
        await connection.execute(_DAY.format(day=f"{row['at']:%Y%m%d}"))
        await connection.execute(_FILL, row["at"], first, jobs // DAYS, timeout=LONG)
        first += jobs // DAYS
    await connection.execute(_LIVE)
    await connection.execute(_DEPTHS)
    await connection.execute("vacuum analyze", timeout=LONG)
    return first


async def sum_up(connection: Connection) -> tuple[int, float]:
    """Return how many calls it took to sum up everything, and the longest one's seconds."""
    # As the migration does, where there is a history.
    await connection.execute("update fleet.rollup set since = (select min(finished_at) from fleet.job_history)")
    calls, longest, done = 0, 0.0, False
    while not done:
        began = perf_counter()
        done = bool(await connection.fetchval("select fleet.roll_up()"))
        longest, calls = max(longest, perf_counter() - began), calls + 1
    await connection.execute("analyze fleet.job_minute; analyze fleet.job_hour; analyze fleet.failure_hour")
    return calls, longest


def pages(last: int) -> list[str]:
    return [
        "/",
        *(f"/queues?span={span}" for span in ("1h", "24h", "7d", "30d")),
        "/queues/queue_1?span=30d",
        "/workers",
        "/running",
        *(f"/failures?span={span}" for span in ("24h", "30d")),
        "/jobs",
        "/jobs?kind=kind_3&state=done",
        "/jobs?kind=kind_0&state=failed",
        "/jobs?key=user-77",
        '/jobs?state=done&args={"owner": "owner-4711"}',
        '/jobs?state=done&args={"owner": "nobody"}',
        "/jobs?state=done&before=2026-01-01T00:00",
        "/jobs?kind=unknown",
        f"/jobs/{last // 2}",
        f"/jobs/{last * 10}",
        "/cron",
        "/actions",
        "/analyses",
        "/documents",
    ]


async def ask(url: DatabaseUrl, last: int, watching: Connection) -> None:
    async with running(url) as client:
        for page in pages(last):
            await watching.execute(_FORGET)
            took = []
            status = 0
            for _ in range(ROUNDS):
                began = perf_counter()
                answer = await client.get(page)
                took.append((perf_counter() - began) * 1000)
                status = answer.status_code
            first, middle, worst = (round(one) for one in (took[0], median(took), max(took)))
            statement, worst_of_it, mean_of_it = await slowest(watching)
            say(
                page=page,
                status=status,
                first_ms=first,
                median_ms=middle,
                worst_ms=worst,
                slowest_statement=statement,
                statement_worst_ms=worst_of_it,
                statement_mean_ms=mean_of_it,
            )


async def slowest(watching: Connection) -> tuple[str, int, int]:
    """Return the statement that took longest since the server was told to forget: its worst and its mean time in ms."""
    texts = {path.stem: plain(path.read_text(encoding="utf-8")) for path in (ROOT / "dashboard").glob("*.sql")}
    for row in await watching.fetch(_SPENT):
        shown = plain(row["query"])
        alike = {name: sum(takewhile(bool, map(eq, text, shown))) for name, text in texts.items()}
        name = max(alike, key=alike.__getitem__)
        # Everything else is this program's own.
        if alike[name] >= _ALIKE:
            return name, round(row["worst"]), round(row["mean"])
    return "none", 0, 0


def plain(text: str) -> str:
    lines = (line.strip() for line in text.splitlines() if not line.startswith("--"))
    return _REPLACED.sub("?", " ".join(lines)).strip()


@asynccontextmanager
async def running(url: DatabaseUrl) -> AsyncIterator[httpx2.AsyncClient]:
    port = free_port()
    async with (
        open_python("entrypoints.dashboard", url, environment={"DASHBOARD_PORT": str(port)}),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, headers={"accept": "text/html"}) as client,
    ):
        for _ in range(_TRIES):
            if await answers(client):
                break
            await anyio.sleep(0.2)
        yield client


async def answers(client: httpx2.AsyncClient) -> bool:
    try:
        await client.get("/login")
    except httpx2.TransportError:
        return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def drop_a_day(connection: Connection) -> None:
    oldest = await connection.fetchval(
        r"select min(relname) from pg_class where relname ~ '^job_history_\d{8}$' and relkind = 'r'"
    )
    size = await connection.fetchval("select pg_total_relation_size('fleet.' || $1)", oldest)
    began = perf_counter()
    await connection.execute("select fleet.drop_partition($1)", oldest)
    say(dropped=oldest, bytes=size, seconds=round(perf_counter() - began, 3))


def say(**facts: object) -> None:
    sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
    sys.stdout.flush()


async def main(jobs: int) -> None:
    async with open_ground(_SETTINGS) as ground:
        await migrate(ground.url)
        async with connect(ground.url, application=APPLICATION) as connection:
            await connection.execute(_WATCH)
            began = perf_counter()
            last = await fill(connection, jobs)
            say(jobs=last, filled_seconds=round(perf_counter() - began))
            began = perf_counter()
            calls, longest = await sum_up(connection)
            say(summed_up_seconds=round(perf_counter() - began, 1), calls=calls, longest_call=round(longest, 2))
            await ask(ground.url, last, connection)
            await drop_a_day(connection)


if __name__ == "__main__":
    anyio.run(main, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
