"""Builds the environments of the peers: python -m benchmarks.peers [FOLDER]. Says which are left out, and why."""

import os
import sys
from pathlib import Path

from benchmarks.peers.environment import PeerMissingError, build, default_folder
from benchmarks.peers.known import PEERS


def main(folder: Path) -> int:
    code = 0
    for peer in PEERS.values():
        try:
            environment = build(peer, folder)
        except PeerMissingError as missing:
            code = 1
            print(missing, file=sys.stderr)  # noqa: T201  # a script's output
        else:
            print(f"{peer.name} {environment.version}")  # noqa: T201  # a script's output
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if sys.argv[1:] else default_folder(os.environ)))
