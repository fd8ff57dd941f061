"""Runs, for each mutant of its share, the tests of that function until one fails: half of `make mutants`.

The tests are collected once. Each mutant has a process of its own, forked from there, and stands in the template of all
databases that its tests get.
"""

import json
import os
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn
from urllib.parse import urlsplit

import anyio
import msgspec
import pytest

from fleet.config import DatabaseUrl, load
from fleet.db import ServerError, connect
from fleet.testing.database import Template
from fleet.testing.plugin import TestSettings
from tests.mutants.operators import Mutant
from tests.mutants.seeds import original
from tests.mutants.targets import places_of

# For all the tests of one mutant; a statement and a test have limits of their own, which are shorter.
LIMIT_SECONDS = 600
# This process has imported some of the plugins already; none of them has assertions to rewrite.
QUIET = "ignore::pytest.PytestAssertRewriteWarning"


class Verdict(msgspec.Struct, frozen=True):
    """*killer* is the test that failed, "" when all passed; null when PostgreSQL does not take such a function."""

    function: str
    name: str
    killer: str | None
    seconds: float


class Share(msgspec.Struct, frozen=True):
    """What one lane does: the tests at *places* on the functions as they are, then the *mutants*."""

    mutants: list[Mutant]
    places: list[str]


class Lane:
    """Each verdict is a line to *out*; the first is about the functions as they are."""

    def __init__(self, server: DatabaseUrl, share: Share, out: int) -> None:
        self._server = server
        self._share = share
        self._out = out
        self._template = Template(server)
        self._kills: Counter[tuple[str, str]] = Counter()
        self._failed = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        anyio.run(self._template.create)
        began = time.monotonic()
        failed = self._try([item for item in session.items if _place(item) in self._share.places])
        self._tell(Verdict("", "", failed, time.monotonic() - began))
        if not failed:
            for mutant in self._share.mutants:
                began = time.monotonic()
                killer = self._judge(session.items, mutant)
                self._tell(Verdict(mutant.function, mutant.name, killer, time.monotonic() - began))
        anyio.run(self._template.drop)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: Any) -> Template | None:
        """Give every test this lane's template, which has the mutant."""
        if fixturedef.argname != "template":
            return None
        fixturedef.cached_result = (self._template, fixturedef.cache_key(request), None)
        return self._template

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._failed:
            self._failed = report.nodeid

    def _judge(self, items: Sequence[pytest.Item], mutant: Mutant) -> str | None:
        try:
            anyio.run(self._apply, mutant.text)
        except ServerError:
            return None
        killer = self._try(self._in_turn(items, mutant))
        self._kills[mutant.function, killer] += 1
        anyio.run(self._apply, original(mutant.function))
        return killer

    def _in_turn(self, items: Sequence[pytest.Item], mutant: Mutant) -> list[pytest.Item]:
        """The mutant's tests: what killed most of its mutants so far, then by module."""
        turns = {place: turn for turn, place in enumerate(places_of(mutant))}
        mine = [item for item in items if _place(item) in turns]
        return sorted(mine, key=lambda item: (-self._kills[mutant.function, item.nodeid], turns[_place(item)]))

    def _try(self, items: Sequence[pytest.Item]) -> str:
        """Return the test that failed, or ""."""
        if not items:
            return ""
        inlet, outlet = os.pipe()
        child = os.fork()
        if not child:
            self._run(items, outlet)
        os.close(outlet)
        answered, _, _ = select.select([inlet], [], [], LIMIT_SECONDS if self._kills else None)
        if not answered:
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(inlet) as answer:
            failed = json.loads(answer.read() or '"none: the tests did not end"')
        anyio.run(self._drop_copies)
        return str(failed)

    def _run(self, items: Sequence[pytest.Item], outlet: int) -> NoReturn:
        try:
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed:
                    break
            os.write(outlet, json.dumps(self._failed).encode())
        finally:
            os._exit(0)

    async def _apply(self, text: str) -> None:
        path = f"/{self._template._name}"
        url = DatabaseUrl(urlsplit(self._server.reveal())._replace(path=path).geturl())
        async with connect(url, application="fleet-mutants") as connection, connection.transaction():
            await connection.execute(text)

    async def _drop_copies(self) -> None:
        async with connect(self._server, application="fleet-mutants") as connection:
            for row in await connection.fetch(
                "select datname from pg_database where starts_with(datname, $1)", f"{self._template._name}_"
            ):
                await connection.execute(f'drop database "{row["datname"]}" with (force)')

    def _tell(self, verdict: Verdict) -> None:
        os.write(self._out, msgspec.json.encode(verdict) + b"\n")


def _place(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def main() -> int:
    """The share comes in, and the verdicts go out."""
    out = os.dup(1)
    os.dup2(2, 1)
    share = msgspec.json.decode(sys.stdin.buffer.read(), type=Share)
    server = load(TestSettings, os.environ).fleet_test_database_url
    if server is None:
        return 2
    own = (place for mutant in share.mutants for place in places_of(mutant))
    places = dict.fromkeys([*share.places, *own])
    arguments = ["--capture=no", "-p", "no:terminal", "-W", QUIET, *places]
    return int(pytest.main(arguments, plugins=[Lane(server, share, out)]))


if __name__ == "__main__":
    sys.exit(main())
