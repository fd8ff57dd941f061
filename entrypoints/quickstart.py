"""The main job in one command: a repository goes in, its test inventory and a specification document come out."""

import argparse
import hashlib
import os
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import anyio
import msgspec

from entrypoints._local_fleet import LocalFleet, LocalSettings, ProcessFailed, run_local_fleet
from entrypoints._summary import print_inventory, print_specification
from fleet.analysis.job import LOCAL_HOST, Analyze
from fleet.analysis.repository import parse_commit, parse_pasted
from fleet.config import load
from fleet.db import Connection, connect
from fleet.errors import FleetError, InvalidRepository
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.specgen.job import GenerateSpec
from fleet.specgen.outline.text import one_line
from fleet.sql import statement

EXAMPLE = """select * from fleet.enqueue('analyze', '{"owner":"psf","repo":"requests"}');"""
LONGEST_REASON = 2_000
LOOK_AGAIN = timedelta(milliseconds=100)
_ROOT = Path(__file__).parent.parent

ResultT = TypeVar("ResultT")


class Status(msgspec.Struct):
    """Where a job is."""

    status: str
    progress: str | None
    result: str | None
    error_message: str | None


class Analysed(msgspec.Struct):
    """What is needed of an analyze job's result."""

    analysis_id: int
    tests: int
    new: bool


class Documented(msgspec.Struct):
    """What is needed of a generate_spec job's result."""

    document_id: int


def make_job(repository: str, commit: str | None) -> Analyze:
    """Return the job for a local path or for anything that names a repository; raises InvalidRepository."""
    commit = None if commit is None else parse_commit(commit)
    path = Path(repository).expanduser()
    if repository.startswith((".", "/", "~")) or path.is_dir():
        return _job_for_path(path, commit)
    pasted = parse_pasted(repository)
    address = pasted.address
    return Analyze(host=address.host, owner=address.owner, repo=address.repo, commit=commit or pasted.commit)


def _job_for_path(typed: Path, commit: str | None) -> Analyze:
    # Two folders of one name are two codebases, so the whole path labels the owner; where links lead is that path.
    path = typed.resolve()
    owner = "local-" + hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Analyze(host=LOCAL_HOST, owner=owner, repo=_name_of(typed), commit=commit, path=str(path))


def _name_of(typed: Path) -> str:
    """Return what the one who typed this path calls the repository: by the link, not by what it leads to."""
    named = typed.resolve() if typed.name in {"", ".."} else typed.absolute()
    if named.name == ".git":
        named = named.parent
    name = re.sub(r"[^A-Za-z0-9._-]", "-", named.name).lstrip(".")
    return name.removesuffix(".git")[:100] or "repository"


async def quickstart(job: Analyze, settings: LocalSettings) -> None:
    _say("starting PostgreSQL, an analyzer and a spec generator")
    async with run_local_fleet(settings) as fleet, connect(fleet.url, application="fleet-quickstart") as connection:
        what = f"analysis of {job.path or f'{job.owner}/{job.repo}'}"
        analysed = await _run(fleet, connection, job, what, Analysed)
        await print_inventory(connection, analysed.analysis_id, new=analysed.new)
        if analysed.tests:
            specification = GenerateSpec(analysis_id=analysed.analysis_id)
            documented = await _run(fleet, connection, specification, "specification", Documented)
            await print_specification(connection, documented.document_id)
        _say(
            "\nWhere to look next, while `make up` runs:\n  its dashboard, of which it says the address\n"
            f"  {fleet.psql}\n  {EXAMPLE}\n  logs: {fleet.logs}"
        )


async def _run(fleet: LocalFleet, connection: Connection, job: Job, what: str, result: type[ResultT]) -> ResultT:
    """Enqueue *job*, show its progress, and return its result; raises ProcessFailed when it fails."""
    queued = await enqueue(connection, job)
    _say(f"{what}: {'queued' if queued.inserted else 'already queued'} as {queued.id}")
    shown = ""
    while True:
        fleet.require_alive()
        row = await connection.fetchrow(statement("local/job_status"), queued.id)
        if row is not None:
            status = Status(**dict(row))
            if status.status == "done":
                return msgspec.json.decode(status.result or "{}", type=result)
            if status.status in {"failed", "cancelled", "lost"}:
                # A repository's names may stand in it, and this is a terminal.
                reason = one_line(status.error_message or status.status, longest=LONGEST_REASON)
                raise ProcessFailed(f"the {what} failed: {reason}")
            line = _progress(status)
            if line != shown:
                _say(f"  {line}")
                shown = line
        await anyio.sleep(LOOK_AGAIN.total_seconds())


def _progress(status: Status) -> str:
    if status.progress is None:
        return status.status
    progress = msgspec.json.decode(status.progress)
    done = f"{progress['done']}/{progress['total']}" if progress["total"] else ""
    return f"{progress['phase']} {done}".rstrip()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m entrypoints.quickstart", description=__doc__)
    parser.add_argument("repository", nargs="?", default=str(_ROOT), help="a local path or an https URL")
    parser.add_argument("--commit", help="40 or 64 hex digits (default: HEAD)")
    arguments = parser.parse_args()
    try:
        job = make_job(arguments.repository, arguments.commit)
        anyio.run(quickstart, job, load(LocalSettings, os.environ))
    except InvalidRepository as error:
        sys.stderr.write(f"{error}\n")
        return 64
    except FleetError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
