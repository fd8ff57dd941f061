"""Gives these tests the fake host, and a client that trusts it."""

from collections.abc import AsyncIterator

import pytest

from fleet.http import Http, HttpLimits, open_http
from tests.analysis.git.git_fixtures import authority, host
from tests.analysis.git.hosting import FakeHost

__all__ = ["authority", "host"]


@pytest.fixture
def http_limits() -> HttpLimits:
    return HttpLimits(body=50_000)


@pytest.fixture
async def http(host: FakeHost, http_limits: HttpLimits) -> AsyncIterator[Http]:
    network = host.network
    async with open_http(certificates=network.certificates, proxy=network.proxy, limits=http_limits) as http:
        yield http
