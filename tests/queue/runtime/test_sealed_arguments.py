"""From a producer that cannot open what it seals, through the database, into the handler."""

from typing import ClassVar

import pytest
import structlog

from fleet.db import Connection, Pool
from fleet.queue.context import Context
from fleet.queue.enqueue import declare
from fleet.queue.sealed import Sealed
from fleet.sealing import Opener, OpeningKeys, Sealer, SealingKey
from tests.queue.kinds import Greet, Greeting
from tests.queue.runtime.conftest import Ask, Working

PLAIN = "correct horse"


class Whisper(Greet, frozen=True, kw_only=True):
    kind: ClassVar[str] = "whisper"

    word: Sealed


@pytest.fixture
def keys() -> OpeningKeys:
    return OpeningKeys.generate()


@pytest.fixture
def sealer(keys: OpeningKeys) -> Sealer:
    """All that a producer is given: made from the text of the public half."""
    return Sealer(SealingKey.parse(keys.sealing_key.reveal()))


@pytest.fixture(autouse=True)
async def _declared(conn: Connection) -> None:
    await declare(conn, [Whisper])


async def stored(pool: Pool) -> str:
    """Every row of every table, as text."""
    tables = await pool.fetch("select schemaname, tablename from pg_tables where schemaname in ('fleet', 'app')")
    assert "job_history" in {table["tablename"] for table in tables}
    rows = [
        row["row"]
        for table in tables
        for row in await pool.fetch(f'select t::text as row from {table["schemaname"]}."{table["tablename"]}" as t')
    ]
    return "\n".join(rows)


async def test_only_the_handler_sees_what_the_producer_sealed(
    working: Working, ask: Ask, pool: Pool, keys: OpeningKeys, sealer: Sealer
) -> None:
    heard: list[str] = []

    async def greet(job: Greet, context: Context) -> Greeting:
        assert isinstance(job, Whisper)
        heard.append(job.word.reveal())
        if context.attempt == 1:
            raise ValueError(f"not yet: {job}")
        return Greeting(f"said {job.word}")

    with structlog.testing.capture_logs() as logs:
        job = await ask.enqueue(Whisper(word=Sealed(PLAIN)), seal=sealer)
        while_waiting = await stored(pool)
        async with working(greet, kind=Whisper, unseal=Opener(keys)):
            ended = await ask.finished(job)

    assert heard == [PLAIN, PLAIN]
    assert (ended["outcome"], ended["result"]) == ("done", '{"text": "said Sealed(\'***\')"}')
    assert '{"$sealed": "s1.' in while_waiting.replace('""', '"')
    assert logs
    for text in (while_waiting, await stored(pool), str(logs)):
        assert PLAIN not in text


async def test_a_job_that_does_not_open_fails_at_once_and_its_neighbours_run(
    working: Working, ask: Ask, pool: Pool, keys: OpeningKeys, sealer: Sealer
) -> None:
    async def greet(_job: Greet, _: Context) -> None: ...

    with structlog.testing.capture_logs() as logs:
        async with working(greet, kind=Whisper, unseal=Opener(keys)):
            other = Sealer(OpeningKeys.generate().sealing_key)
            bad = await ask.enqueue(Whisper(word=Sealed(PLAIN)), seal=other)
            ended = await ask.finished(bad)
            good = await ask.finished(await ask.enqueue(Whisper(word=Sealed(PLAIN)), seal=sealer))

    sealed = await pool.fetchval("select args -> 'word' ->> '$sealed' from fleet.job_history where id = $1", bad)
    assert (ended["outcome"], ended["error_class"], ended["attempt"]) == ("failed", "SealUnusable", 1)
    assert ended["error_message"].endswith("(kind=whisper, path=$.word, reason=its key is not known here)")
    assert sealed not in f"{ended} {logs}"
    assert good["outcome"] == "done"
