"""`make mutants`: breaks each guard of the job SQL in turn, and says which of them the tests do not notice.

Arguments choose mutants by the beginning of their names, such as "claim" or "claim: without head.kind".
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio
import msgspec

from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.local.server import start_postgres
from tests.mutants.lane import Share, Verdict
from tests.mutants.operators import Mutant
from tests.mutants.seeds import equivalents, seeds
from tests.mutants.targets import FUNCTIONS, places_of

ROOT = Path(__file__).parents[2]
LANES = 2
ENOUGH = 0.95


def main(beginnings: Sequence[str]) -> int:
    spared = equivalents()
    mutants = [mutant for mutant in seeds() if not beginnings or mutant.name.startswith(tuple(beginnings))]
    tried = [mutant for mutant in mutants if mutant.name not in spared]
    _say(f"{len(tried)} mutants, and {len(mutants) - len(tried)} that cannot be told from the original")
    began = time.monotonic()
    verdicts = []
    for verdict in _verdicts(tried):
        if not verdict.name and verdict.killer:
            _say(f"without any mutant this fails: {verdict.killer}")
            return 2
        if verdict.name:
            verdicts.append(verdict)
            _say(_line(verdict))
    return _summary(verdicts, len(tried), time.monotonic() - began)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _line(verdict: Verdict) -> str:
    if verdict.killer is None:
        return f"invalid   {verdict.name}"
    fate = f"killed    {verdict.name}, by {verdict.killer}" if verdict.killer else f"SURVIVED  {verdict.name}"
    return f"{fate} ({verdict.seconds:.1f} s)"


def _verdicts(mutants: Sequence[Mutant]) -> Iterator[Verdict]:
    """Run all lanes at once, on one server; a verdict comes as soon as there is one."""
    places = list(dict.fromkeys(place for mutant in mutants for place in places_of(mutant)))
    server = start_postgres(None)
    inlet, outlet = os.pipe()
    lanes: list[subprocess.Popen[bytes]] = []
    try:
        anyio.run(_bound_statements, server.url)
        environment = {**os.environ, "FLEET_TEST_DATABASE_URL": server.url.reveal()}
        for lane in range(LANES):
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.mutants.lane"],
                stdin=subprocess.PIPE,
                stdout=outlet,
                cwd=ROOT,
                env=environment,
            )
            lanes.append(process)
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(Share(list(mutants[lane::LANES]), places[lane::LANES])))
            process.stdin.close()
        os.close(outlet)
        # A line is shorter than what a pipe takes at once, so the lanes' lines do not mix; the last lane closes it.
        with os.fdopen(inlet, "rb") as lines:
            yield from (msgspec.json.decode(line, type=Verdict) for line in lines)
    finally:
        for process in lanes:
            process.kill()
        server.stop()


async def _bound_statements(server: DatabaseUrl) -> None:
    """A mutant may loop for ever."""
    async with connect(server, application="fleet-mutants") as connection:
        await connection.execute("alter system set statement_timeout = '15s'")
        await connection.execute("select pg_reload_conf()")


def _summary(verdicts: Sequence[Verdict], expected: int, seconds: float) -> int:
    judged = [verdict for verdict in verdicts if verdict.killer is not None]
    _say(f"\n{'function':<24}{'mutants':>8}{'killed':>8}{'seconds':>9}")
    for function in FUNCTIONS:
        mine = [verdict for verdict in judged if verdict.function == function]
        if mine:
            killed = sum(bool(verdict.killer) for verdict in mine)
            _say(f"{function:<24}{len(mine):>8}{killed:>8}{sum(verdict.seconds for verdict in mine):>9.0f}")
    killed = sum(bool(verdict.killer) for verdict in judged)
    ratio = killed / len(judged) if judged else 0.0
    _say(f"\n{killed} of {len(judged)} mutants killed: {ratio:.1%}, in {seconds / 60:.1f} minutes")
    if len(verdicts) < expected:
        _say(f"{expected - len(verdicts)} were not tried")
    return int(ratio < ENOUGH or len(verdicts) < expected)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
