"""Gives these tests the fake host, and what asks its API."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from fleet.analysis.hosts.ask import Asking
from fleet.analysis.hosts.github import GitHub
from fleet.analysis.hosts.remembered import Remembered
from fleet.http import Http, HttpLimits, open_http
from tests.analysis.git.api import FakeApi
from tests.analysis.git.git_fixtures import authority, host
from tests.analysis.git.hosting import FakeHost

__all__ = ["authority", "host"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def http_limits() -> HttpLimits:
    return HttpLimits(body=50_000)


@pytest.fixture
async def http(host: FakeHost, http_limits: HttpLimits) -> AsyncIterator[Http]:
    network = host.network
    async with open_http(certificates=network.certificates, proxy=network.proxy, limits=http_limits) as http:
        yield http


@pytest.fixture
def api(host: FakeHost) -> FakeApi:
    """The host's books, empty."""
    host.api = api = FakeApi(tokens=frozenset({"good"}))
    return api


@pytest.fixture
def github(http: Http) -> Asking:
    return Asking(http, GitHub("github.com"), remembered=Remembered(), now=lambda: NOW, random=lambda: 0.0)
