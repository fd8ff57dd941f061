"""A way to PostgreSQL that can be cut, darkened and slowed down."""

from collections.abc import AsyncIterator
from datetime import timedelta

import anyio
import pytest

from fleet.db import Connection, ConnectionFailure, Pool, connect
from fleet.errors import DatabaseUnavailable
from fleet.testing.database import Database
from fleet.testing.proxy import Link, Proxy, open_proxy
from fleet.testing.waiting import Until
from fleet.testing.wire import SSL_REQUEST, round_trip

A_MOMENT = 0.3


@pytest.fixture
async def proxy(database: Database) -> AsyncIterator[Proxy]:
    async with open_proxy(database.url) as proxy:
        yield proxy


@pytest.fixture
async def far(proxy: Proxy) -> AsyncIterator[Connection]:
    """A connection through the proxy."""
    async with connect(proxy.url, application="far") as connection:
        yield connection


def link_of(proxy: Proxy) -> Link:
    (link,) = proxy.links
    return link


async def test_a_connection_through_it_is_known_by_its_name_and_its_backend(proxy: Proxy, far: Connection) -> None:
    assert link_of(proxy).application == "far"
    assert link_of(proxy).backend == far.get_server_pid()


async def test_what_is_larger_than_a_packet_arrives(far: Connection) -> None:
    assert await far.fetchval("select length($1)", "x" * 3_000_000) == 3_000_000
    assert len(await far.fetchval("select repeat('y', 3000000)")) == 3_000_000


@pytest.mark.parametrize(("answers_only", "arrived"), [(False, 0), (True, 1)], ids=["both_ways", "answers_only"])
async def test_in_the_dark_no_answer_comes_and_it_may_be_that_nothing_arrives(
    proxy: Proxy, far: Connection, pool: Pool, *, answers_only: bool, arrived: int
) -> None:
    backend = link_of(proxy).backend

    link_of(proxy).darken(answers_only=answers_only)
    with anyio.move_on_after(A_MOMENT) as limit:
        await far.execute("insert into packed values (7)")

    assert limit.cancelled_caught
    assert await pool.fetchval("select count(*) from packed") == arrived
    assert await pool.fetchval("select count(*) from pg_stat_activity where pid = $1", backend) == 1


async def test_the_server_does_not_hear_that_a_client_in_the_dark_has_left(
    proxy: Proxy, far: Connection, pool: Pool, until: Until
) -> None:
    link = link_of(proxy)
    left = "select count(*) = 0 from pg_stat_activity where pid = $1"
    link.darken()
    far.terminate()

    with pytest.raises(AssertionError, match="not within"):
        await until(lambda: pool.fetchval(left, link.backend), within=timedelta(seconds=A_MOMENT))
    await link.end()
    await until(lambda: pool.fetchval(left, link.backend))


async def test_in_the_dark_the_end_of_a_connection_does_not_get_through(proxy: Proxy) -> None:
    async with await anyio.connect_tcp("127.0.0.1", proxy.port) as stream:
        await stream.send(SSL_REQUEST)
        await stream.receive(1)
        link = link_of(proxy)
        link.darken()

    with anyio.move_on_after(A_MOMENT) as limit:
        await link.ended.wait()

    assert limit.cancelled_caught


async def test_an_ended_connection_is_noticed_on_both_sides(proxy: Proxy, far: Connection, pool: Pool) -> None:
    await link_of(proxy).end()

    with pytest.raises(ConnectionFailure):
        await far.execute("select 1")
    assert proxy.links == set()
    assert await pool.fetchval("select 1") == 1


async def test_while_it_is_dark_nobody_gets_through(proxy: Proxy) -> None:
    proxy.dark = True
    with anyio.move_on_after(A_MOMENT) as limit:
        await round_trip(proxy.port)
    proxy.dark = False

    assert limit.cancelled_caught
    assert await round_trip(proxy.port) < 5


async def test_every_answer_takes_longer(proxy: Proxy, far: Connection) -> None:
    proxy.delay = timedelta(seconds=0.2)
    began = anyio.current_time()
    await far.execute("select 1")

    assert anyio.current_time() - began >= 0.2
    assert await round_trip(proxy.port) >= 0.2


async def test_a_server_that_is_gone_is_gone_through_it_as_well(proxy: Proxy) -> None:
    async with open_proxy(proxy.url) as closed:
        gone = closed.url

    async with open_proxy(gone) as second:
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                async with connect(second.url, application="far"):
                    pass
