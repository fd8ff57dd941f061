"""Whether the database has the schema, and the functions, of this release."""

from fleet.cli.doctor.finding import Finding, Ground, bad, ok
from fleet.migrate import RELEASE, unapplied

_SHOWN = 5


async def look(ground: Ground) -> list[Finding]:
    return [judge(await unapplied(ground.connection))]


def judge(missing: list[str]) -> Finding:
    if not missing:
        return ok(f"everything of this release ({RELEASE}) is applied, or of a newer one")
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return bad(
        f"the database lacks {', '.join(missing[:_SHOWN])}{more}",
        "Run fleet migrate of this release, before its workers start.",
    )
