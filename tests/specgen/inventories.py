"""Inventories as an analysis leaves them in the database."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from fleet.db import Connection, Pool
from fleet.specgen.document import Case, Status, Subject
from fleet.specgen.outline.whole import outline_of
from fleet.specgen.store import load_cases, load_subject, save

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STARTED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Written(msgspec.Struct, frozen=True):
    """One test of a file, in the suites named from the outside in."""

    name: str
    suites: tuple[str, ...] = ()
    status: Status = "active"


class File(msgspec.Struct, frozen=True):
    path: str
    tests: tuple[Written, ...] = ()
    language: str = "python"
    framework: str = "pytest"


SHOP = (
    File("tests/cart/test_totals.py", (Written("test_adds_prices"), Written("test_rejects_negative_price"))),
    File(
        "tests/users/test_login.py",
        (Written("test_refuses_wrong_password", ("TestLogin",)), Written("test_locks_account", (), "skipped")),
    ),
)


async def make_user(connection: Connection, plan: str = "free") -> int:
    user: int = await connection.fetchval("insert into app.users (plan) values ($1) returning id", plan)
    return user


async def store_analysis(
    connection: Connection,
    files: Sequence[File] = SHOP,
    *,
    repo: str = "shop",
    host: str = "github.com",
    commit: str = COMMIT,
    completed: bool = True,
) -> int:
    """Store *files* as the inventory of one commit; returns the analysis."""
    codebase = await connection.fetchval(
        "insert into app.codebases (host, owner, repo) values ($1, 'acme', $2)"
        " on conflict (host, lower(owner), lower(repo)) do update set repo = excluded.repo returning id",
        host,
        repo,
    )
    counts = (len(files), len(files), sum(len(file.tests) for file in files)) if completed else (None, None, None)
    analysis: int = await connection.fetchval(
        "insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at,"
        " completed_at, candidates, files, tests) values ($1, $2, '1', false, 1, 1, $3, $4, $5, $6, $7) returning id",
        *(codebase, commit, STARTED, STARTED if completed else None, *counts),
    )
    for number, file in enumerate(files, 1):
        await _store_file(connection, analysis, number, file)
    return analysis


async def _store_file(connection: Connection, analysis: int, number: int, file: File) -> None:
    await connection.execute(
        "insert into app.test_files (analysis_id, file, path, language, framework) values ($1, $2, $3, $4, $5)",
        *(analysis, number, file.path, file.language, file.framework),
    )
    suites: dict[tuple[str, ...], int] = {}
    for test, written in enumerate(file.tests, 1):
        for depth in range(1, len(written.suites) + 1):
            path = written.suites[:depth]
            if path not in suites:
                suites[path] = len(suites) + 1
                await connection.execute(
                    "insert into app.test_suites values ($1, $2, $3, $4, $5, 'active', $6, $6, 0, 0)",
                    *(analysis, number, suites[path], suites.get(path[:-1]), path[-1], test),
                )
        await connection.execute(
            "insert into app.test_cases values ($1, $2, $3, $4, $5, $6, $7, $7, 0, 0)",
            *(analysis, number, test, suites.get(written.suites), written.name, written.status, 10 * test),
        )


async def write_document(pool: Pool, analysis: int, *, language: str = "English", user: int | None = None) -> int:
    """Save the outline of an analysis as a job would; returns the document."""
    async with pool.transaction() as connection:
        subject = await load_subject(connection, analysis)
        document = await outline_of(subject, await load_cases(connection, subject), language=language)
        saved = await save(connection, document, user_id=user, force=True)
    return saved.document_id


def subject_with(tests: int) -> Subject:
    return Subject(analysis=1, codebase=1, host="github.com", owner="acme", repo="shop", commit=COMMIT, tests=tests)


def cases_of(files: Sequence[File]) -> list[Case]:
    """The same inventory without a database."""
    return [
        Case(
            file=number,
            test=test,
            path=file.path,
            language=file.language,
            framework=file.framework,
            suites=written.suites,
            name=written.name,
            status=written.status,
            line=10 * test,
        )
        for number, file in enumerate(files, 1)
        for test, written in enumerate(file.tests, 1)
    ]
