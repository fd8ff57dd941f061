"""Enqueues one job by hand and prints its id."""

import argparse
import sys
from collections.abc import Sequence

from entrypoints._arguments import EXIT_DATA, Arguments
from entrypoints._process import EXIT_USAGE, run_process
from entrypoints._tracing import TracedSettings, tracing
from fleet.analysis.job import QUEUES as ANALYSIS_QUEUES
from fleet.analysis.job import Analyze
from fleet.analysis.repository import parse_commit, parse_pasted
from fleet.db import connect
from fleet.errors import FleetError, InvalidRepository, QueueError
from fleet.queue.enqueue import enqueue
from fleet.queue.job import Job
from fleet.specgen.job import QUEUES as SPEC_QUEUES
from fleet.specgen.job import GenerateSpec


class EnqueueSettings(TracedSettings, frozen=True, kw_only=True):
    """The utility's environment."""

    analyzer_hosts: str = "github.com"


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = Arguments(prog="python -m entrypoints.enqueue", description=__doc__, allow_abbrev=False)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("repository", nargs="?", help="owner/repo or the URL of the repository, as you would paste it")
    what.add_argument("--spec", type=int, metavar="ANALYSIS", help="write the specification of this analysis instead")
    parser.add_argument("--commit", help="40 or 64 hex digits; without it, whatever HEAD is when the job runs")
    parser.add_argument("--user", type=int, help="the user it is for; decides the token and how long results are kept")
    parser.add_argument("--queue", choices=(*ANALYSIS_QUEUES, *SPEC_QUEUES), help="another queue than the kind's own")
    parser.add_argument("--language", default="English", help="of the specification (default: English)")
    return parser.parse_args(argv)


def make_job(arguments: argparse.Namespace, hosts: Sequence[str]) -> Job:
    """Return the job that *arguments* describe; raises InvalidRepository."""
    if arguments.spec is not None:
        return GenerateSpec(analysis_id=arguments.spec, user_id=arguments.user, language=arguments.language)
    pasted = parse_pasted(arguments.repository, hosts=hosts)
    commit = pasted.commit if arguments.commit is None else parse_commit(arguments.commit)
    address = pasted.address
    return Analyze(host=address.host, owner=address.owner, repo=address.repo, commit=commit, user_id=arguments.user)


def main(argv: Sequence[str]) -> None:
    arguments = parse_arguments(argv)

    async def put(settings: EnqueueSettings) -> int:
        try:
            job = make_job(arguments, settings.analyzer_hosts.split(","))
            async with (
                tracing("enqueue", settings),
                connect(settings.database_url, application="fleet-enqueue") as connection,
            ):
                queued = await enqueue(connection, job, queue=arguments.queue)
        except InvalidRepository as error:
            return _complain(error, EXIT_USAGE)
        except QueueError as error:
            return _complain(error, EXIT_DATA)
        sys.stdout.write(f"queued as {queued.id}\n" if queued.inserted else f"already queued as {queued.id}\n")
        return 0

    run_process("enqueue", EnqueueSettings, put, quiet=True, short=True)


def _complain(error: FleetError, status: int) -> int:
    sys.stderr.write(f"{error}\n")
    return status


if __name__ == "__main__":
    main(sys.argv[1:])
