"""Compares the tests that the parsers find with those that the frameworks themselves collect, test by test.

    python -m benchmarks.truth --only express --verbose

It installs real projects and runs their code: never where anything is worth stealing, and never on a build machine.
Tests are held against each other as they are written: the rows of a parametrised test are one. Every difference is
judged in accuracy-ledger.md.
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec

from benchmarks.accuracy import CACHE, parse
from benchmarks.collectors.collect import collect
from benchmarks.collectors.grounds import Grounds
from benchmarks.collectors.projects import PROJECTS, Project, Tool
from benchmarks.collectors.score import Score, found_in, score
from fleet.analysis.inventory import TestFile

# pytest runs the classes of unittest, too.
_FRAMEWORKS: Final[dict[Tool, frozenset[str]]] = {
    "pytest": frozenset({"pytest", "unittest"}),
    "mocha": frozenset({"mocha"}),
    "node": frozenset({"node-test"}),
    "vitest": frozenset({"vitest"}),
}
GOAL: Final = 0.99


async def judge(project: Project, cache: Path) -> Score:
    grounds = Grounds(cache, project)
    await grounds.prepare()
    collected = {each for each in await collect(project, grounds) if not each.path.startswith(project.aside)}
    found = [
        test
        for file in await parse(grounds.clone, project.commit)
        if isinstance(file, TestFile) and file.framework in _FRAMEWORKS[project.tool]
        if not file.path.startswith(project.aside)
        for test in found_in(file)
    ]
    return score(collected, found)


async def main() -> None:
    options = _options()
    reached = True
    for project in PROJECTS:
        if options.only and project.name not in options.only:
            continue
        result = await judge(project, options.cache)
        reached = reached and min(result.precision, result.recall) >= GOAL
        _say(
            {
                "name": project.name,
                "tool": project.tool,
                "collected": result.both + len(result.missed),
                "ours": result.both + len(result.extra),
                "both": result.both,
                "precision": round(result.precision, 4),
                "recall": round(result.recall, 4),
            }
        )
        for missed in result.missed if options.verbose else []:
            _say({"missed": missed.path, "line": missed.line, "name": missed.name})
        for extra in result.extra if options.verbose else []:
            _say({"extra": extra.path, "line": extra.location.line, "name": extra.name})
    if not reached:
        sys.exit(f"a project is below {GOAL}")


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where clones, files and packages are kept")
    parser.add_argument("--only", action="append", help="the name of a project; may be given several times")
    parser.add_argument("--verbose", action="store_true", help="also name the tests that differ")
    return parser.parse_args()


if __name__ == "__main__":
    anyio.run(main)
