"""What an analysis costs, beside its bounds: the same fetch with tree-sitter alone, a shallow clone, a bare COPY.

A repository of --jobs tests and 20 MB of pictures, or with --repository a real one, is fetched from its folder, read by
two parsers and stored. The bound reads the same files with tree-sitter in two processes and keeps nothing. Bytes are
those of the packs that arrive. Storing begins with what the parsers found and ends with its commit; a bare COPY writes
the same rows, made before the clock starts, into tables with the same columns and primary keys, and with no other
constraint, index or trigger. The longest hold of the loop is counted in its thread's own time, so that a machine with
other work is not taken for it; memory is the most that was held. Prints JSON lines: python -m benchmarks.analysis.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import msgspec
from anyio import to_thread

from benchmarks import analysis_store, noop
from benchmarks.analysis_repository import clone, copy_repository, make_repository, packed
from benchmarks.analysis_watch import HOLD, PARSER, WORKER, watching
from benchmarks.frame.finding import Asked, Finding, Goal, alone, beside
from benchmarks.frame.ground import APPLICATION, Ground
from benchmarks.frame.probe import Probe
from benchmarks.frame.question import Scale, main
from benchmarks.frame.rounds import Run, interleave
from fleet.analysis.analyze import Analyzer
from fleet.analysis.detect.candidates import is_candidate, is_config, language_of
from fleet.analysis.git.repository import Repository, open_repository
from fleet.analysis.git.source import LocalSource
from fleet.analysis.job import LOCAL_HOST
from fleet.analysis.limits import Limits
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.pool import Parsers, open_parsers
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.request import Request
from fleet.db import open_pool

OURS, RAW, SHALLOW, STORED, COPY = "analysis", "fetch and tree-sitter", "shallow clone", "storing", "COPY"
TIME, BYTES = "wall time", "transferred"
PARSERS = 2
_CHUNK = 16


class Subject(msgspec.Struct, frozen=True):
    """What is analysed, and where there is room for it."""

    repository: Path
    commit: str
    scratch: Path

    @property
    def source(self) -> LocalSource:
        return LocalSource(self.repository)

    def open(self) -> AbstractAsyncContextManager[Repository]:
        return open_repository(self.source, commit=self.commit, token=None, limits=Limits(), scratch=self.scratch)


async def analyse(ground: Ground, parsers: Parsers, subject: Subject) -> Mapping[str, float]:
    async with (
        ground.database("fleet", noop.prepare) as url,
        open_pool(url, application=APPLICATION, size=2) as pool,
        watching() as watched,
    ):
        analyzer = Analyzer(pool=pool, parsers=parsers, limits=Limits(), scratch=subject.scratch)
        attempt = analysis_store.Unwatched(await pool.fetchval(analysis_store.CLAIM))
        address = RepositoryAddress(LOCAL_HOST, "local", "repository")
        request = Request(address=address, source=subject.source, commit=subject.commit, user=None, token=None)
        began = perf_counter()
        report = await analyzer.analyze(request, attempt)
        seconds = perf_counter() - began
        if not report.tests:
            raise AssertionError("no test was found")
    return {TIME: seconds, **watched}


async def read_raw(executor: ProcessPoolExecutor, subject: Subject) -> Mapping[str, float]:
    began = perf_counter()
    async with subject.open() as repository:
        entries = [entry for entry in await repository.entries() if is_candidate(entry.path) or is_config(entry.path)]
        measured = [entry for entry in await repository.measure(entries) if (entry.size or 0) <= Limits().file_bytes]
        fetched = await to_thread.run_sync(packed, subject.scratch)
        files = [(entry.path, content) async for entry, content in repository.read(measured)]
        await to_thread.run_sync(_parse_all, executor, [file for file in files if is_candidate(file[0])])
    return {TIME: perf_counter() - began, BYTES: fetched / 1e6}


async def clone_shallow(subject: Subject) -> Mapping[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        fetched = await to_thread.run_sync(clone, subject.repository, Path(folder) / "clone", subject.commit)
    return {BYTES: fetched / 1e6}


def _parse_all(executor: ProcessPoolExecutor, files: Sequence[tuple[str, bytes]]) -> None:
    for _ in executor.map(_parse, files, chunksize=_CHUNK):
        pass


def _parse(file: tuple[str, bytes]) -> None:
    # Loaded in the processes that parse alone: what a worker takes of memory is measured in this one.
    from fleet.analysis.parse.syntax import parse  # noqa: PLC0415  # see above

    path, content = file
    language = language_of(path)
    if language is not None:
        parse(language, content)


async def ask(ground: Ground, probe: Probe, scale: Scale, *, real: Path | None = None) -> Sequence[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        path, scratch = Path(folder) / "repository", Path(folder) / "scratch"
        # Spawned: a fork would hold what this process holds.
        with ProcessPoolExecutor(PARSERS, mp_context=get_context("spawn")) as executor:
            make = partial(make_repository, path, scale.jobs) if real is None else partial(copy_repository, real, path)
            subject = Subject(path, await to_thread.run_sync(make), scratch)
            async with open_parsers(count=PARSERS, limits=ParserLimits()) as parsers:
                contenders: dict[str, Run] = {
                    OURS: partial(analyse, ground, parsers, subject),
                    RAW: partial(read_raw, executor, subject),
                    SHALLOW: partial(clone_shallow, subject),
                    STORED: partial(analysis_store.store_files, ground, scale.jobs),
                    COPY: partial(analysis_store.copy, ground, scale.jobs),
                }
                # Starts the parsers of both, and brings the files into memory.
                await interleave(contenders, 1, probe)
                rounds = await interleave(contenders, scale.rounds, probe)
    asked = partial(Asked, question="analysis")
    most = partial(Goal, of="value")
    of = rounds.of
    rate = asked(figure=analysis_store.RATE, unit="tests/s", goal=Goal(of="ratio", at_least=0.7))
    return [
        beside(asked(figure=TIME, unit="s", goal=Goal(of="ratio", at_most=1.3)), of(OURS, TIME), RAW, of(RAW, TIME)),
        beside(
            asked(figure=BYTES, unit="MB", goal=Goal(of="ratio", at_most=0.2) if real is None else None),
            of(RAW, BYTES),
            SHALLOW,
            of(SHALLOW, BYTES),
        ),
        beside(rate, of(STORED, rate.figure), COPY, of(COPY, rate.figure)),
        alone(asked(figure=HOLD, unit="ms", goal=most(at_most=50)), of(OURS, HOLD)),
        alone(asked(figure=WORKER, unit="MB", goal=most(at_most=150)), of(OURS, WORKER)),
        alone(asked(figure=PARSER, unit="MB", goal=most(at_most=512)), of(OURS, PARSER)),
    ]


def run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--repository", type=Path)
    given, others = parser.parse_known_args(arguments)

    async def ask_of(ground: Ground, probe: Probe, scale: Scale) -> Sequence[Finding]:
        return await ask(ground, probe, scale, real=given.repository)

    return main(ask_of, others, Scale(rounds=10, jobs=10_000))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
