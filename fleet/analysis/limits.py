"""How much of a repository an analysis takes before it gives up."""

from datetime import timedelta

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds for one repository; every one that is passed raises LimitExceeded except *stall*."""

    # Bytes of one fetch on disk; an analysis makes two, the trees and then the files.
    fetched: int = 1 << 30
    # Entries of the tree, whatever they are.
    files: int = 500_000
    # Bytes of one file.
    file_bytes: int = 1_000_000
    # Address space of every git process.
    memory: int = 2 << 30
    # For each git command.
    wall: timedelta = timedelta(minutes=10)
    # How long a host may send next to nothing before it counts as unavailable.
    stall: timedelta = timedelta(seconds=30)
