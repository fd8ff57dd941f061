"""What reading one file may cost."""

from datetime import timedelta

import msgspec


class ParserLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Exceeding any of these costs the file, never the analysis."""

    file_bytes: int = 1_000_000
    file_time: timedelta = timedelta(seconds=10)
    file_cpu: timedelta = timedelta(seconds=20)
    memory_bytes: int = 1_073_741_824
    start_time: timedelta = timedelta(seconds=60)
