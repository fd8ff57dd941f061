"""What became of jobs, as the tests of the runtime ask for it."""

from collections.abc import Sequence

import pytest

from fleet.queue.job import Job
from tests.queue.kinds import Greet


@pytest.fixture(scope="session")
def fleet_kinds() -> Sequence[type[Job]]:
    return [Greet]
