"""Whether any row that somebody types keeps good jobs waiting: python -m benchmarks.nemesis.random_rows [ROWS] [SEED].

Random columns of the table of jobs get random values beside a worker at work; PostgreSQL refuses most of them. Now and
then comes a good job, more urgent than any of them. Measured is how long it takes until that one begins.
"""

import os
import sys
from datetime import timedelta
from random import Random
from time import monotonic

from benchmarks.nemesis.crew import starts_of
from benchmarks.nemesis.figure import Figure, arguments, quantiles, tell
from benchmarks.nemesis.kinds import QUEUE, Work
from benchmarks.nemesis.lives import Setting, open_life
from benchmarks.nemesis.soak import Plan, open_setting
from fleet.db import Connection, RefusedValue, ServerError, connect
from fleet.queue.enqueue import enqueue
from fleet.testing.until import until

GOAL = 1.0
BETWEEN = 1000
_MOST_URGENT = -32768

_TEXTS = ("null", "''", "'x'", "e'\\u202e\\n'", "repeat('y', 2000)", "'nemesis'", "'nemesis_work'", "'nemesis_single'")
_TIMES = (
    "null",
    "now()",
    "'-infinity'",
    "'infinity'",
    "'4714-11-24 BC'",
    "'2000-01-01Z'",
    "'2199-12-31Z'",
    "'1999-12-31Z'",
)
_SMALL = ("null", "0", "1", "-1", "2", "3", "1000", "1001", "32767", "-32767")
_JSON = ("null", "'{}'", "'[]'", "'1'", """'{"mark": "m"}'""", """'{"mark": 1, "act": []}'""", """'{"$v": 99}'""")
_VALUES = {
    "kind": ("'nemesis_work'", "'nemesis_work'", "'nemesis_single'", "'unheard_of'", *_TEXTS),
    "queue": ("'nemesis'", "'nemesis'", "'elsewhere'", *_TEXTS),
    "state": ("'ready'", "'scheduled'", "'running'", "'arriving'", "'held'", "null"),
    "priority": _SMALL,
    "args": (*_JSON, "jsonb_build_object('mark', repeat('z', 300000))"),
    "attempt": _SMALL,
    "max_attempts": _SMALL,
    "interruptions": (*_SMALL, "10000"),
    "crashes": _SMALL,
    "token": (*_SMALL, "1000000000", "2147483647"),
    "unique_key": _TEXTS,
    "fair_key": _TEXTS,
    "traceparent": (*_TEXTS, "'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'"),
    "worker": ("null", "gen_random_uuid()", "(select id from fleet.worker limit 1)"),
    "enqueued_at": _TIMES,
    "run_at": _TIMES,
    "claimed_at": _TIMES,
    "progress": _JSON,
    "cancel_requested_at": _TIMES,
}


async def random_rows(rows: int, seed: int) -> Figure:
    random = Random(seed)  # noqa: S311  # the same rows in every run
    lease = timedelta(seconds=15)
    waits: list[float] = []
    stored = 0
    async with (
        open_setting(Plan(seconds=0, seed=seed, lease=lease, slots=50), dict(os.environ)) as (setting, _),
        open_life(setting, "typed") as worker,
        connect(setting.url, application="nemesis-hand") as connection,
    ):
        before = await worker.id()
        for number in range(rows):
            stored += await _type(connection, random)
            if number % BETWEEN == BETWEEN - 1:
                waits.append(await _wait(setting, connection))
        violations = ["the worker has ended"] if worker.dead else []
        if not worker.dead and await worker.id() != before:
            violations.append("the worker lost its lease")
    if not 0 < stored < rows:
        violations.append(f"{stored} of {rows} rows were stored")
    return Figure(
        name="random rows: seconds until a good job begins beside them",
        count=rows,
        measured={"stored": stored, **quantiles(waits)},
        goal={"max": GOAL},
        violations=violations,
    )


async def _type(connection: Connection, random: Random) -> bool:
    columns = {"kind", "queue", *random.sample(sorted(_VALUES), random.randint(1, 5))}
    # Mostly right, or nothing but the first wrong column would be seen.
    row = {name: random.choice(_VALUES[name][: random.choice((2, None))]) for name in sorted(columns)}
    names, values = ", ".join(row), ", ".join(row.values())
    try:
        await connection.execute(f"insert into fleet.job ({names}) values ({values})")  # noqa: S608  # of the texts above
    except (*RefusedValue, ServerError):
        return False
    return True


async def _wait(setting: Setting, connection: Connection) -> float:
    asked_at = monotonic()
    job = (await enqueue(connection, Work(mark="good"), queue=QUEUE, priority=_MOST_URGENT)).id

    async def begun() -> float | None:
        return next((event.at for event in starts_of(setting) if event.job == job), None)

    return await until(begun, within=timedelta(seconds=60), what="the good job has begun") - asked_at


if __name__ == "__main__":
    number, drawn_from = arguments(100_000, 1)
    sys.exit(tell(lambda: random_rows(int(number), int(drawn_from))))
