"""Compares what the parsers find in real repositories with what is recorded for them: one JSON line a repository.

    python -m benchmarks.accuracy --only flask --verbose

The record says what another parser counts, not what is true: accuracy-ledger.md judges the differences. What can be
told of its rules is in `benchmarks.recorded`, and the repository is read by those, too: so a difference is a rule, or
it is not yet known. Repositories are bare clones in the cache, as ``owner/name.git``; one that is missing is fetched,
its recorded commit and no more.
"""

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import msgspec

from benchmarks.recorded.configs import as_recorded
from benchmarks.recorded.paths import is_looked_at
from benchmarks.recorded.reading import read_again
from fleet.analysis.detect.candidates import is_candidate, is_config
from fleet.analysis.inventory import ParsedFile, TestFile, Unparsed, count_tests
from fleet.analysis.parse.limits import ParserLimits
from fleet.analysis.parse.pool import open_parsers

ORACLE = Path(__file__).resolve().parents[2] / "shared" / "oracle" / "golden-dev.json"
CACHE = Path.home() / ".cache" / "fleet-accuracy"
CHILDREN = 2


class Sample(msgspec.Struct, frozen=True, rename="camel"):
    path: str
    framework: str
    suite_count: int
    test_count: int


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """What is recorded for one repository at one commit."""

    name: str
    repo: str
    commit: str
    framework_file_counts: dict[str, int]
    candidates: int
    files: int
    tests: int
    samples: tuple[Sample, ...]


class Clone:
    """A bare repository; reading it starts no hook, no helper and no further fetch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def obtain(self, repo: str, commit: str) -> None:
        """Make sure that *commit* is here."""
        if not self._folder.exists():
            self._folder.mkdir(parents=True)
            await self._git("init", "--bare", "--quiet")
        present = await self._run("cat-file", "-e", f"{commit}^{{tree}}")
        if present.returncode != 0:
            await self._git("fetch", "--quiet", "--depth=1", "--no-tags", f"https://github.com/{repo}.git", commit)

    async def files(self, commit: str) -> dict[str, str]:
        """Return the blob of every regular file, by path, in the order of the paths."""
        listing = await self._git("ls-tree", "-r", "-z", commit)
        entries = (entry.split(b"\t", 1) for entry in listing.split(b"\0") if entry)
        found = {path.decode("utf-8", "replace"): meta.split() for meta, path in entries}
        return {path: found[path][2].decode() for path in sorted(found) if found[path][0].startswith(b"100")}

    async def read(self, blobs: dict[str, str]) -> dict[str, bytes]:
        output = await self._git("cat-file", "--batch", text="".join(f"{blob}\n" for blob in blobs.values()).encode())
        contents: dict[str, bytes] = {}
        place = 0
        for path in blobs:
            start = output.index(b"\n", place) + 1
            place = start + int(output[place:start].split()[2])
            contents[path] = output[start:place]
            place += 1  # the newline after every blob
        return contents

    async def _git(self, *arguments: str, text: bytes = b"") -> bytes:
        done = await self._run(*arguments, text=text)
        if done.returncode != 0:
            sys.exit(f"git {arguments[0]} in {self._folder}: {done.stderr.decode('utf-8', 'replace')}")
        return done.stdout

    async def _run(self, *arguments: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["git", "--git-dir", str(self._folder), "-c", "core.hooksPath=/dev/null", "-c", "credential.helper="]
        environment = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
        return await anyio.run_process([*command, *arguments], input=text, check=False, env=environment)


async def parse(clone: Clone, commit: str) -> list[ParsedFile]:
    return (await read(clone, commit)).parsed


class Reading(msgspec.Struct, frozen=True):
    """What the parsers find, and what the record's rules make of the same files."""

    parsed: list[ParsedFile]
    recorded: dict[str, Any]


async def read(clone: Clone, commit: str, *, again: bool = False) -> Reading:
    """Read the repository and, if *again*, once more by the rules of the record."""
    files = await clone.files(commit)
    contents = await clone.read({path: blob for path, blob in files.items() if is_candidate(path) or is_config(path)})

    async def candidates() -> AsyncIterator[tuple[str, bytes]]:
        for path, content in contents.items():
            if is_candidate(path):
                yield path, content

    async with open_parsers(count=CHILDREN, limits=ParserLimits()) as parsers:
        scopes = await parsers.read_configs({path: content for path, content in contents.items() if is_config(path)})
        parsed = [each async for each in parsers.parse(candidates(), scopes)]
        if not again:
            return Reading(parsed, {})
        others = as_recorded(scopes, contents)
        once_more = [each async for each in parsers.parse(candidates(), others)]
    return Reading(parsed, read_again(once_more, contents, others))


def compare(record: Record, reading: Reading) -> dict[str, Any]:
    """Compare like with like: files that the record's method looks at; of the others it knows none."""
    parsed = reading.parsed
    beyond = [each for each in parsed if isinstance(each, TestFile) and not is_looked_at(each.path)]
    parsed = [each for each in parsed if is_looked_at(each.path)]
    found = [each for each in parsed if isinstance(each, TestFile)]
    ours = {
        "candidates": len(parsed),
        "files": len(found),
        "tests": sum(count_tests(file) for file in found),
        "frameworks": dict(sorted(Counter(file.framework for file in found).items())),
    }
    recorded = {
        "candidates": record.candidates,
        "files": record.files,
        "tests": record.tests,
        "frameworks": record.framework_file_counts,
    }
    by_its_rules = {"candidates": len(parsed), **reading.recorded}
    return {
        "name": record.name,
        "equal": ours == recorded,
        "equal_by_its_rules": all(by_its_rules[key] == value for key, value in recorded.items()),
        "ours": ours,
        "recorded": recorded,
        "by_its_rules": by_its_rules,
        "beyond": {"files": len(beyond), "tests": sum(count_tests(file) for file in beyond)},
    }


def summary(compared: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "repositories": len(compared),
        "candidates_equal": sum(each["ours"]["candidates"] == each["recorded"]["candidates"] for each in compared),
        "equal": sum(each["equal"] for each in compared),
        "equal_by_its_rules": sum(each["equal_by_its_rules"] for each in compared),
    }


def differences(record: Record, parsed: list[ParsedFile]) -> list[dict[str, Any]]:
    """Return the recorded samples that are read otherwise, and every file that could not be read."""
    by_path = {each.path: each for each in parsed}
    found: list[dict[str, Any]] = []
    for sample in record.samples:
        recorded = [sample.framework, sample.suite_count, sample.test_count]
        file = by_path.get(sample.path)
        ours = [file.framework, len(file.suites), count_tests(file)] if isinstance(file, TestFile) else None
        if ours != recorded:
            found.append({"path": sample.path, "ours": ours, "recorded": recorded})
    found.extend({"path": each.path, "unparsed": each.reason} for each in parsed if isinstance(each, Unparsed))
    return found


async def main() -> None:
    options = _options()
    if not options.oracle.exists():
        sys.stderr.write(f"no record at {options.oracle}: nothing to compare with\n")
        return
    compared: list[dict[str, Any]] = []
    records = msgspec.json.decode(options.oracle.read_bytes(), type=list[Record])
    for record in records:
        if options.only and record.name not in options.only:
            continue
        clone = Clone(options.cache / f"{record.repo}.git")
        await clone.obtain(record.repo, record.commit)
        reading = await read(clone, record.commit, again=True)
        compared.append(compare(record, reading))
        _say(compared[-1])
        for difference in differences(record, reading.parsed) if options.verbose else []:
            _say(difference)
    _say(summary(compared))


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oracle", type=Path, default=ORACLE, help="the records, as JSON")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where the clones are")
    parser.add_argument("--only", action="append", help="the name of a record; may be given several times")
    parser.add_argument("--verbose", action="store_true", help="also name the files that differ")
    return parser.parse_args()


if __name__ == "__main__":
    anyio.run(main)
