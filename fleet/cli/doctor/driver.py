"""Whether the driver is one that gives up a dead connection."""

from fleet.cli.doctor.finding import Finding, bad, ok

# Before it, close() could hang for ever on a connection that had gone silent.
_NEEDED = (0, 32)


def judge(version: str) -> Finding:
    if _numbers(version)[:2] >= _NEEDED:
        return ok(f"asyncpg {version}")
    return bad(
        f"asyncpg {version} may hang on a connection that has gone silent",
        "Install asyncpg 0.32 or newer: the sets in requirements/ have it.",
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
