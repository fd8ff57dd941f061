"""Compares what the parsers find in real repositories with what is recorded for them: one JSON line a repository.

    python -m benchmarks.accuracy --only flask --verbose

The record says what another parser counts, not what is true: accuracy-ledger.md judges the differences. Repositories
are bare clones in the cache, as ``owner/name.git``; one that is missing is fetched, its recorded commit and no more.
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

from fleet.analysis.detect.candidates import is_candidate, is_config, is_named_test
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
    files = await clone.files(commit)
    contents = await clone.read({path: blob for path, blob in files.items() if is_candidate(path) or is_config(path)})

    async def candidates() -> AsyncIterator[tuple[str, bytes]]:
        for path, content in contents.items():
            if is_candidate(path):
                yield path, content

    async with open_parsers(count=CHILDREN, limits=ParserLimits()) as parsers:
        scopes = await parsers.read_configs({path: content for path, content in contents.items() if is_config(path)})
        return [parsed async for parsed in parsers.parse(candidates(), scopes)]


def compare(record: Record, parsed: list[ParsedFile]) -> dict[str, Any]:
    """Compare like with like: files that are tests by their names; of the others the record knows none."""
    beyond = [each for each in parsed if isinstance(each, TestFile) and not is_named_test(each.path)]
    parsed = [each for each in parsed if is_named_test(each.path)]
    found = [each for each in parsed if isinstance(each, TestFile)]
    frameworks = dict(sorted(Counter(file.framework for file in found).items()))
    ours = {
        "candidates": len(parsed),
        "files": len(found),
        "tests": sum(count_tests(file) for file in found),
        "frameworks": frameworks,
    }
    recorded = {
        "candidates": record.candidates,
        "files": record.files,
        "tests": record.tests,
        "frameworks": record.framework_file_counts,
    }
    more = {"files": len(beyond), "tests": sum(count_tests(file) for file in beyond)}
    return {"name": record.name, "equal": ours == recorded, "ours": ours, "recorded": recorded, "beyond": more}


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
    records = msgspec.json.decode(options.oracle.read_bytes(), type=list[Record])
    for record in records:
        if options.only and record.name not in options.only:
            continue
        clone = Clone(options.cache / f"{record.repo}.git")
        await clone.obtain(record.repo, record.commit)
        parsed = await parse(clone, record.commit)
        _say(compare(record, parsed))
        for difference in differences(record, parsed) if options.verbose else []:
            _say(difference)


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
