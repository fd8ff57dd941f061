"""Inventories in the database: found, or written in batches by the one claim that may."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fleet.analysis.hosts.identity import Identity
from fleet.analysis.inventory import Suite, TestFile, Unparsed
from fleet.analysis.repository import RepositoryAddress
from fleet.db import Connection, Pool, Row
from fleet.errors import LeaseLost
from fleet.sql import statement

FILE_COLUMNS = ("analysis_id", "file", "path", "language", "framework", "unparsed")
SUITE_COLUMNS = (
    *("analysis_id", "file", "suite", "parent", "name", "status"),
    *("line", "end_line", "start_column", "end_column"),
)
CASE_COLUMNS = (
    *("analysis_id", "file", "test", "suite", "name", "status"),
    *("line", "end_line", "start_column", "end_column"),
)

StoredFile = TestFile | Unparsed
Record = tuple[object, ...]


class Writer(msgspec.Struct, frozen=True):
    """The one claim, (job, token), that may write an inventory."""

    analysis: int
    job: int
    token: int


class Totals(msgspec.Struct, frozen=True):
    """A whole inventory in numbers."""

    analysis: int
    candidates: int
    files: int
    tests: int


async def find_completed(
    pool: Pool, address: RepositoryAddress, commit: str, parser_version: str, user: int | None
) -> Totals | None:
    """Return the inventory that *user* may see without fetching the repository again."""
    row = await pool.fetchrow(
        statement("analysis/find_completed"), address.host, address.owner, address.repo, commit, parser_version, user
    )
    return _totals(row)


async def find_seen(
    pool: Pool, identity: Identity, commit: str, parser_version: str, user: int | None
) -> Totals | None:
    """Return the inventory of a repository that its host has just shown to *user*, who may see it unfetched."""
    row = await pool.fetchrow(
        statement("analysis/find_seen"),
        *(identity.address.host, identity.external_id, commit, parser_version, user, identity.private),
    )
    return _totals(row)


async def find_completed_in(pool: Pool, codebase: int, commit: str, parser_version: str) -> Totals | None:
    return _totals(await pool.fetchrow(statement("analysis/completed"), codebase, commit, parser_version))


async def codebase_at(pool: Pool, address: RepositoryAddress, *, private: bool) -> int:
    codebase: int = await pool.fetchval(
        statement("analysis/codebase"), address.host, address.owner, address.repo, private
    )
    return codebase


async def begin(
    pool: Pool, codebase: int, commit: str, parser_version: str, *, userless: bool, claim: tuple[int, int]
) -> Writer | None:
    """Become the writer of an inventory, clearing what an earlier attempt left; None when another job is."""
    async with pool.transaction() as connection:
        analysis = await connection.fetchval(
            statement("analysis/begin"), codebase, commit, parser_version, userless, *claim
        )
        if analysis is None:
            return None
        await connection.execute(statement("analysis/clear"), analysis)
    return Writer(analysis, *claim)


async def write_batch(pool: Pool, writer: Writer, files: Sequence[tuple[int, StoredFile]]) -> None:
    """Store numbered files in one transaction; raises LeaseLost when the inventory has another writer by now."""
    suites: list[Record] = []
    cases: list[Record] = []
    for number, file in files:
        if isinstance(file, TestFile):
            _flatten(writer.analysis, number, file, suites, cases)
    async with pool.tidy().transaction() as connection:
        if not await connection.fetchval(statement("analysis/hold"), writer.analysis, writer.job, writer.token):
            raise LeaseLost("another worker writes this inventory now", analysis=writer.analysis, job=writer.job)
        await _copy(connection, "test_files", FILE_COLUMNS, (_file(writer.analysis, *file) for file in files))
        await _copy(connection, "test_suites", SUITE_COLUMNS, suites)
        await _copy(connection, "test_cases", CASE_COLUMNS, cases)


async def complete(connection: Connection, writer: Writer, totals: Totals, phases: Mapping[str, float]) -> None:
    """Mark the inventory as whole, in the caller's transaction; raises LeaseLost as `write_batch` does."""
    completed = await connection.fetchval(
        statement("analysis/complete"),
        writer.analysis,
        writer.job,
        writer.token,
        totals.candidates,
        totals.files,
        totals.tests,
        msgspec.json.encode(phases).decode(),
    )
    if completed is None:
        raise LeaseLost("another worker writes this inventory now", analysis=writer.analysis, job=writer.job)


async def remember(connection: Connection, analysis: int, user: int | None) -> bool:
    """Note for whom an inventory was asked for, in the caller's transaction; False when it is not whole (any more)."""
    if user is None:
        return await connection.fetchval(statement("analysis/mark_userless"), analysis) is not None
    return await connection.fetchval(statement("analysis/remember"), user, analysis) is not None


async def user_exists(pool: Pool, user: int) -> bool:
    exists: bool = await pool.fetchval(statement("analysis/user_exists"), user)
    return exists


def _totals(row: Row | None) -> Totals | None:
    return None if row is None else Totals(row["id"], row["candidates"], row["files"], row["tests"])


async def _copy(connection: Connection, table: str, columns: Sequence[str], records: Iterable[Record]) -> None:
    await connection.copy_records_to_table(table, schema_name="app", columns=list(columns), records=records)


def _file(analysis: int, number: int, file: StoredFile) -> Record:
    if isinstance(file, Unparsed):
        return (analysis, number, file.path, None, None, file.reason)
    return (analysis, number, file.path, file.language, file.framework, None)


def _flatten(analysis: int, number: int, file: TestFile, suites: list[Record], cases: list[Record]) -> None:
    """Number the suites and the tests of *file* in the order in which they are met, parents first.

    Each row is made in one go: to put it together from parts takes twice as long, for thousands of them.
    """
    suite = test = 0
    # A stack of its own: how deep strangers nest is not for the interpreter's stack to decide.
    waiting: list[tuple[TestFile | Suite, int | None]] = [(file, None)]
    while waiting:
        group, own = waiting.pop()
        for one in group.tests:
            test += 1
            at = one.location
            cases.append(
                (analysis, number, test, own, one.name, one.status, at.line, at.end_line, at.column, at.end_column)
            )
        for inner in group.suites:
            suite += 1
            at = inner.location
            suites.append(
                (analysis, number, suite, own, inner.name, inner.status, at.line, at.end_line, at.column, at.end_column)
            )
            waiting.append((inner, suite))
