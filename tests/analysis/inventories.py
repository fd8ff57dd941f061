"""Inventories as an analysis leaves them, of tests that a test names."""

from collections.abc import Mapping, Sequence

from fleet.analysis import store
from fleet.analysis.inventory import Location, Status, Suite, Test, TestFile
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.store import Totals
from fleet.db import Pool

WORKER = "00000000-0000-0000-0000-000000000001"
REQUESTS = RepositoryAddress("github.com", "psf", "requests")

# The names of a test's suites and its own, what it is, and its line.
Numbered = tuple[list[str], Status, int]

# By file: "suite > suite > test", and what it is if it is not active.
Written = Mapping[str, Sequence[str | tuple[str, Status]]]


async def take(pool: Pool, commit: str, written: Written, *, of: RepositoryAddress = REQUESTS) -> int:
    """Store a whole inventory of *written* and return its id."""
    job = await pool.fetchval(
        "insert into fleet.job (kind, queue, state, attempt, token, worker, claimed_at)"
        " values ('analyze', 'analysis_default', 'running', 1, 1, $1, now()) returning id",
        WORKER,
    )
    codebase = await store.codebase_at(pool, of, private=False)
    writer = await store.begin(pool, codebase, commit * 40, "1", userless=True, claim=(job, 1))
    assert writer is not None
    files = [_file(path, tests) for path, tests in written.items()]
    await store.write_batch(pool, writer, list(enumerate(files, 1)))
    totals = Totals(writer.analysis, len(files), len(files), sum(map(len, written.values())))
    async with pool.transaction() as connection:
        await store.complete(connection, writer, totals, {"parse": 1.0})
    return writer.analysis


def _file(path: str, tests: Sequence[str | tuple[str, Status]]) -> TestFile:
    described: list[tuple[str, Status]] = [(test, "active") if isinstance(test, str) else test for test in tests]
    numbered: list[tuple[list[str], Status, int]] = [
        (name.split(" > "), status, line) for line, (name, status) in enumerate(described, 1)
    ]
    found, suites = _group(numbered)
    return TestFile(path, "python", "pytest", suites=suites, tests=found)


def _group(
    numbered: Sequence[Numbered],
) -> tuple[tuple[Test, ...], tuple[Suite, ...]]:
    tests = tuple(
        Test(names[0], status, Location(line, line, 0, 1)) for names, status, line in numbered if not names[1:]
    )
    suites = []
    for suite in dict.fromkeys(names[0] for names, _, _ in numbered if names[1:]):
        within = [(names[1:], status, line) for names, status, line in numbered if names[0] == suite and names[1:]]
        inner, outer = _group(within)
        suites.append(Suite(suite, "active", Location(within[0][2], within[-1][2], 0, 1), suites=outer, tests=inner))
    return tests, tuple(suites)
