"""Do the same to each queue, and write down what is seen.

python -m benchmarks.fault_table [FAULT …] [PEER …]

Without names, every fault and every queue. Each queue has a PostgreSQL of its own, and each fault a database of its
own. What was seen replaces what the record beside this file has, from which docs/faults-peers.md is written. Exits 1
when a fault was not seen to happen.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import anyio
import msgspec

from benchmarks.fault_table.cell import Cell, merge, read
from benchmarks.fault_table.faults import FAULTS
from benchmarks.fault_table.page import PAGE, page
from benchmarks.fault_table.run import Run
from benchmarks.nemesis.figure import until_signalled
from benchmarks.peers.environment import PeerMissingError, build, default_folder
from benchmarks.peers.known import PEERS

RECORD = Path(__file__).parent / "record.jsonl"


async def main(names: Sequence[str]) -> int:
    faults = [name for name in FAULTS if name in names] or list(FAULTS)
    peers = [name for name in PEERS if name in names] or list(PEERS)
    run = Run(faults, _tell)
    async with anyio.create_task_group() as running:
        for name in peers:
            try:
                environment = await anyio.to_thread.run_sync(build, PEERS[name], default_folder(os.environ))
            except PeerMissingError as missing:
                print(missing, file=sys.stderr)  # noqa: T201  # a script's output
            else:
                running.start_soon(run.on, environment)
    PAGE.write_text(page(read(RECORD), postgres=run.postgres), encoding="utf-8")
    return int(any(cell.void for cell in run.cells))


def _tell(cell: Cell) -> None:
    """Write *cell* down at once: a run that is cut short has seen what it has seen."""
    merge(RECORD, [cell])
    print(msgspec.json.encode(cell).decode(), flush=True)  # noqa: T201  # a script's output


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - {*FAULTS, *PEERS}
    if unknown:
        sys.exit(f"neither a fault nor a queue: {', '.join(sorted(unknown))}")
    sys.exit(anyio.run(partial(until_signalled, partial(main, sys.argv[1:])), backend_options={"use_uvloop": True}))
