"""Asks a project's own framework which tests it has, and where each is written."""

import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.collectors.grounds import Grounds
from benchmarks.collectors.projects import Project

HERE: Final = Path(__file__).resolve().parent
_FRAME = re.compile(r"(?:file://)?(/[^()]*):(\d+):\d+\)?$")


class Collected(NamedTuple):
    """One test as it is written; *line* is 0 where the framework tells it by its *name*."""

    path: str
    line: int
    name: str


async def collect(project: Project, grounds: Grounds) -> set[Collected]:
    match project.tool:
        case "pytest":
            return await _pytest(project, grounds)
        case "mocha":
            return await _mocha(project, grounds)
        case "node":
            return await _node(project, grounds)
        case "vitest":
            return await _vitest(project, grounds)


async def _pytest(project: Project, grounds: Grounds) -> set[Collected]:
    options = ("--collect-only", "-q", "-o", "addopts=", "-p", "no:cacheprovider")
    done = await grounds.run(str(grounds.python), "-m", "pytest", *options, *project.arguments)
    if done.returncode != 0:
        sys.exit(f"pytest in {grounds.tree}: {done.stdout.decode('utf-8', 'replace')[-2000:]}")
    # The rows of a parametrised test stand in brackets, and may hold anything.
    items = (line.partition("[")[0].split("::") for line in done.stdout.decode("utf-8", "replace").splitlines())
    return {Collected(path, 0, " > ".join(names)) for path, *names in items if names and path.endswith(".py")}


async def _mocha(project: Project, grounds: Grounds) -> set[Collected]:
    output = grounds.home / "collected.json"
    output.unlink(missing_ok=True)
    options = ("--dry-run", "--reporter", "min", "--require", str(HERE / "mocha.cjs"))
    done = await grounds.run("node_modules/.bin/mocha", *options, *project.arguments, more={"COLLECTED": str(output)})
    if not output.exists():
        sys.exit(f"mocha in {grounds.tree}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
    return {place for frames in json.loads(output.read_bytes()) for place in declared(frames, grounds.tree)}


def declared(frames: Iterable[str], tree: Path) -> Iterator[Collected]:
    """Yield the place nearest to the declaration that is the project's own."""
    for frame in frames:
        match = _FRAME.search(frame)
        if match is not None and _is_own(match[1], tree):
            yield Collected(_relative(match[1], tree), int(match[2]), "")
            return


async def _node(project: Project, grounds: Grounds) -> set[Collected]:
    done = await grounds.run("node", "--test", f"--test-reporter={HERE / 'node.mjs'}", *project.arguments)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith(b"{")]
    return {
        Collected(_relative(event["file"], grounds.tree), event["line"], "")
        for event in leaves(events)
        if event.get("file") and _is_own(event["file"], grounds.tree) and not _is_whole_file(event)
    }


def _is_whole_file(event: dict[str, Any]) -> bool:
    """Node.js reports a file without tests as one test, which has the file's name."""
    return str(event["file"]).endswith(str(event["name"]).removeprefix("./")) and event["line"] == 1


def leaves(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the tests without tests inside, from *events* in the order of their ends."""
    inner = -1
    for event in events:
        if not event["suite"] and inner <= event["nesting"]:
            yield event
        inner = event["nesting"]


async def _vitest(project: Project, grounds: Grounds) -> set[Collected]:
    output = grounds.home / "collected.json"
    output.unlink(missing_ok=True)
    options = (f"--json={output}", "--includeTaskLocation")
    done = await grounds.run("node_modules/.bin/vitest", "list", *options, *project.arguments)
    if not output.exists():
        sys.exit(f"vitest in {grounds.tree}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
    listed = json.loads(output.read_bytes())
    # Tests of types have no place.
    return {
        Collected(path, each["location"]["line"], "") if "location" in each else Collected(path, 0, each["name"])
        for each in listed
        if (path := _relative(each["file"], grounds.tree))
    }


def _is_own(path: str, tree: Path) -> bool:
    return path.startswith(f"{tree}/") and "/node_modules/" not in path


def _relative(path: str, tree: Path) -> str:
    return path.removeprefix(f"{tree}/")
