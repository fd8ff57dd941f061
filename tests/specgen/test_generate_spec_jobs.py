"""generate_spec jobs, from the queue to the document."""

from datetime import timedelta
from uuid import uuid4

import pytest

from fleet.db import Connection, Pool
from fleet.errors import LeaseLost
from fleet.queue.claim import Claimed
from fleet.queue.context import Context
from fleet.queue.enqueue import declare, enqueue
from fleet.queue.store import Identity, Store
from fleet.specgen.handler import GenerateSpecHandler
from fleet.specgen.job import GenerateSpec
from fleet.specgen.model import Order, Writing
from fleet.specgen.outline.writer import Outline
from tests.specgen.inventories import make_user, store_analysis

IDENTITY = Identity(service="test", replica="one", version="source", pid=1)


def outline(_order: Order) -> Writing:
    return Writing(Outline())


@pytest.fixture
async def declared(conn: Connection) -> Connection:
    await declare(conn, [GenerateSpec])
    return conn


async def claim(pool: Pool, job: GenerateSpec) -> Claimed:
    async with pool.acquire() as connection:
        await enqueue(connection, job)
    store, worker = Store(pool), uuid4()
    await store.register(worker, IDENTITY, ["specview_default"], ["generate_spec"], timedelta(seconds=60))
    (claimed,) = await store.claim(worker, ["generate_spec"], {"specview_default": 1})
    return claimed


async def test_the_document_and_the_end_of_its_job_are_committed_together(declared: Connection, pool: Pool) -> None:
    job = GenerateSpec(analysis_id=await store_analysis(declared))
    claimed = await claim(pool, job)

    saved = await GenerateSpecHandler(pool, outline)(job, Context(claimed, Store(pool), lambda: False))

    row = await pool.fetchrow("select outcome::text, result->>'document_id' as document from fleet.job_history")
    assert row is not None
    assert tuple(row) == ("done", str(saved.document_id))


async def test_a_job_says_for_whom_in_which_language_and_whether_again(declared: Connection, pool: Pool) -> None:
    analysis, user = await store_analysis(declared), await make_user(declared)
    handler = GenerateSpecHandler(pool, outline)

    for _ in range(2):
        job = GenerateSpec(analysis_id=analysis, user_id=user, language="pt-br", force=True)
        await handler(job, Context(await claim(pool, job), Store(pool), lambda: False))

    rows = await pool.fetch("select user_id, language, version from app.documents order by version")
    assert [tuple(row) for row in rows] == [(user, "pt-BR", 1), (user, "pt-BR", 2)]


async def test_a_worker_that_lost_its_job_saves_no_document(declared: Connection, pool: Pool) -> None:
    job = GenerateSpec(analysis_id=await store_analysis(declared))
    context = Context(await claim(pool, job), Store(pool), lambda: False)
    await declared.execute("update fleet.job set token = token + 1")

    with pytest.raises(LeaseLost):
        await GenerateSpecHandler(pool, outline)(job, context)

    assert await pool.fetchval("select count(*) from app.documents") == 0


async def test_one_document_is_asked_for_once(declared: Connection) -> None:
    user = await make_user(declared)
    first = await enqueue(declared, GenerateSpec(analysis_id=1, user_id=user))

    same = await enqueue(declared, GenerateSpec(analysis_id=1, user_id=user, language="English", force=True))
    other = await enqueue(declared, GenerateSpec(analysis_id=1, user_id=user, language="de"))

    assert (same.inserted, same.id) == (False, first.id)
    assert other.inserted
