"""What a specification costs that the outline writes: the whole job but for the queue, and the writing alone.

An inventory of --jobs tests, of several languages and manners of naming, is read from the database, written about and
saved. Prints JSON lines: python -m benchmarks.specification.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from time import perf_counter, process_time

from benchmarks import noop
from benchmarks.frame.finding import Asked, Finding, Goal, alone
from benchmarks.frame.ground import APPLICATION, Ground, settle
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import interleave
from fleet.db import Connection, open_pool
from fleet.specgen.document import Case, Subject
from fleet.specgen.generate import generate
from fleet.specgen.model import Writing
from fleet.specgen.outline.whole import outline_of
from fleet.specgen.outline.writer import Outline
from fleet.specgen.store import Saved, load_cases, load_subject

JOB, WRITING = "document", "outline"
TIME, BUSY = "wall time", "processor time"
_TESTS_A_FILE = 25
_SUBJECT_WORDS = "cart order user session token invoice route cookie header query cache lock worker report parser"
_SUBJECTS = _SUBJECT_WORDS.split()
_MANNERS = (
    ("python", "pytest", "tests/{0}/test_{0}_{1}.py", None, "test_rejects_{0}_without_{2}_and_raises_ValueError_{1}"),
    ("go", "go-testing", "internal/{0}/{0}_{1}_test.go", "Test{2}", "returns_nil_when_{0}_{1}_is_empty"),
    ("typescript", "vitest", "packages/{0}/src/{2}-{1}.test.ts", "{0}.{2}()", "should not drop the {2} of {0} {1}"),
    ("java", "junit5", "src/test/java/com/acme/{0}/Case{1}Test.java", "{2}{1}Test", "shouldReturn{1}When{2}IsGone"),
    ("ruby", "rspec", "spec/{0}/{2}_{1}_spec.rb", "Shop::{2}", "keeps the {0} while json of {2} {1} is read"),
)
_CODEBASE = "insert into app.codebases (host, owner, repo) values ('example.org', 'acme', 'shop') returning id"
_ANALYSIS = """
    insert into app.analyses (codebase_id, commit, parser_version, userless, job_id, job_token, started_at,
        completed_at, candidates, files, tests)
    values ($1, $2, '1', true, 1, 1, now(), now(), $3, $3, $4) returning id
"""


async def write(ground: Ground, tests: int) -> Mapping[str, float]:
    """Return what the job took, and what the writing of the same cases took by itself."""
    async with ground.database("fleet", noop.prepare) as url, open_pool(url, application=APPLICATION, size=2) as pool:
        async with pool.acquire() as connection:
            analysis = await _fill(connection, tests)
            await settle(connection)
        began = perf_counter()
        saved = await generate(
            pool,
            lambda _subject: Writing(Outline()),
            analysis_id=analysis,
            user_id=None,
            language="English",
            force=False,
            progress=_unwatched,
            finish=_unfinished,
        )
        seconds = perf_counter() - began
        if saved.behaviours != tests:
            raise AssertionError("not every test was written about")
        async with pool.transaction() as connection:
            subject = await load_subject(connection, analysis)
            cases = await load_cases(connection, subject)
        return {TIME: seconds, BUSY: await _busy(subject, cases)}


async def ask(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
    rounds = await interleave({JOB: partial(write, ground, scale.jobs)}, scale.rounds, probe)
    asked = partial(Asked, question="specification", unit="s")
    goal = Goal(of="value", at_most=5.0)
    return [
        alone(asked(figure=TIME, goal=goal if scale.jobs <= _PROMISED else None), rounds.of(JOB, TIME)),
        alone(asked(figure=f"{BUSY} of the {WRITING}"), rounds.of(JOB, BUSY)),
    ]


_PROMISED = 10_000


async def _busy(subject: Subject, cases: Sequence[Case]) -> float:
    began = process_time()
    await outline_of(subject, cases)
    return process_time() - began


async def _fill(connection: Connection, tests: int) -> int:
    files = tests // _TESTS_A_FILE
    codebase = await connection.fetchval(_CODEBASE)
    analysis: int = await connection.fetchval(_ANALYSIS, codebase, "a" * 40, files, tests)
    rows: dict[str, list[tuple[object, ...]]] = {"test_files": [], "test_suites": [], "test_cases": []}
    for table, row in _rows(analysis, files):
        rows[table].append(row)
    for table, records in rows.items():
        columns = _COLUMNS[table]
        await connection.copy_records_to_table(table, schema_name="app", columns=columns, records=records)
    return analysis


_COLUMNS = {
    "test_files": ["analysis_id", "file", "path", "language", "framework"],
    "test_suites": [
        *("analysis_id", "file", "suite", "parent", "name", "status"),
        *("line", "end_line", "start_column", "end_column"),
    ],
    "test_cases": [
        *("analysis_id", "file", "test", "suite", "name", "status"),
        *("line", "end_line", "start_column", "end_column"),
    ],
}


def _rows(analysis: int, files: int) -> Iterator[tuple[str, tuple[object, ...]]]:
    for file in range(1, files + 1):
        language, framework, path, suite, name = _MANNERS[file % len(_MANNERS)]
        about, other = _SUBJECTS[file % len(_SUBJECTS)], _SUBJECTS[file * 7 % len(_SUBJECTS)].capitalize()
        yield "test_files", (analysis, file, path.format(about, file, other), language, framework)
        if suite is not None:
            told = suite.format(about, file, other)
            yield "test_suites", (analysis, file, 1, None, told, "active", 1, 900, 0, 0)
        for test in range(1, _TESTS_A_FILE + 1):
            told = name.format(about, test, other)
            number = None if suite is None else 1
            yield "test_cases", (analysis, file, test, number, told, "active", 3 * test, 3 * test + 2, 0, 0)


async def _unwatched(_done: int, _total: int | None, _phase: str) -> None: ...


async def _unfinished(_connection: Connection, _saved: Saved) -> None: ...


if __name__ == "__main__":
    sys.exit(main(ask, sys.argv[1:], Scale(jobs=_PROMISED)))
