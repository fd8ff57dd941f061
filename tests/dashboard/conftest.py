"""The dashboard as a process of its own, in front of a guarded database with something to show."""

import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import msgspec
import pytest

from fleet.db import connect
from fleet.testing.database import Template
from fleet.testing.until import until
from tests.dashboard.seeds import fill
from tests.processes.conftest import Started, launch
from tests.roles.guarded import Guarded, guard

TOKEN = "a token that is long enough"


class Dashboard:
    """One process, and a client of it."""

    def __init__(self, started: Started, url: str, guarded: Guarded, jobs: dict[str, int]) -> None:
        self.started = started
        self.url = url
        self.guarded = guarded
        self.jobs = jobs
        self.client = httpx2.AsyncClient(base_url=url, headers={"accept": "text/html"}, timeout=20)

    async def get(self, address: str, **headers: str) -> httpx2.Response:
        return await self.client.get(address, headers=headers)

    async def text(self, address: str) -> str:
        answer = await self.get(address)
        assert answer.status_code == 200, (address, answer.status_code, self.started.text()[-2000:])
        return answer.text

    async def word(self) -> str:
        """What the forms of this client's session hold."""
        [word] = set(re.findall(r'name="word" value="(\w+)"', await self.text("/queues")))
        return str(word)

    async def post(self, address: str, **fields: str | list[str]) -> httpx2.Response:
        return await self.client.post(address, data={"word": await self.word(), **fields})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.client.aclose()


@asynccontextmanager
async def serve(
    guarded: Guarded, output: Path, *, jobs: dict[str, int] | None = None, role: str = "fleet_operator", **settings: str
) -> AsyncIterator[Dashboard]:
    """Start ``python -m entrypoints.dashboard`` as a member of *role*, on a port that is free."""
    async with AsyncExitStack() as running:
        started = await launch(
            running,
            output,
            [sys.executable, "-m", "entrypoints.dashboard"],
            guarded.settings(role) | {"DASHBOARD_PORT": "0", **settings},
        )
        address = await until(lambda: _address(started), within=timedelta(seconds=20), what="it listens")
        async with Dashboard(started, address, guarded, jobs or {}) as dashboard:
            yield dashboard


async def _address(started: Started) -> str | None:
    for line in started.output.read_bytes().splitlines():
        event = msgspec.json.decode(line)
        if event["message"] == "dashboard.listening":
            return str(event["address"]).replace("[::1]", "127.0.0.1")
    assert started.process.returncode is None, started.text()
    return None


@pytest.fixture(scope="session")
async def seeded(template: Template) -> AsyncIterator[tuple[Guarded, dict[str, int]]]:
    """For tests that only look, or change what is theirs."""
    async with template.copy() as database, guard(database) as guarded:
        async with connect(database.url, application="fleet-tests") as connection:
            jobs = await fill(connection)
        yield guarded, jobs


@pytest.fixture(scope="session")
async def dashboard(
    seeded: tuple[Guarded, dict[str, int]], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Dashboard]:
    guarded, jobs = seeded
    output = tmp_path_factory.mktemp("dashboard") / "log"
    async with serve(guarded, output, jobs=jobs, DASHBOARD_ACTOR="ann") as dashboard:
        yield dashboard
