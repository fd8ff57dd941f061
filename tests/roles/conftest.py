"""A guarded database for the tests of each module."""

from collections.abc import AsyncIterator

import pytest

from fleet.testing.database import Template
from tests.processes.conftest import start
from tests.roles.guarded import Guarded, guard

__all__ = ["guarded", "start"]


@pytest.fixture(scope="module")
async def guarded(template: Template) -> AsyncIterator[Guarded]:
    async with template.copy() as database, guard(database) as guarded:
        yield guarded
