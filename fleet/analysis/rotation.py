"""Seals the stored tokens anew with the newest key, so that the older ones can be thrown away."""

import msgspec

from fleet.analysis.tokens import KeyRing, reseal
from fleet.db import Connection, Row
from fleet.errors import TokenUnusable
from fleet.log import get_logger
from fleet.sql import statement


class Rotated(msgspec.Struct, frozen=True):
    """How many tokens were sealed anew, and how many no key of the ring opens; those stay as they are."""

    resealed: int
    unusable: int


async def rotate(connection: Connection, keys: KeyRing, *, batch: int, dry_run: bool) -> Rotated:
    """Seal anew what another key than the first has sealed, *batch* tokens in one transaction.

    A run that was stopped is gone on with by running again. A *dry_run* opens every token and stores nothing.
    """
    resealed = unusable = 0
    place: tuple[int, str] | None = (-(2**63), "")
    while place is not None:
        async with connection.transaction():
            rows = await connection.fetch(statement("rotation/tokens_to_reseal"), keys.newest_prefix, *place, batch)
            sealed = [(row["user_id"], row["provider"], _reseal(keys, row)) for row in rows]
            usable = [one for one in sealed if one[2] is not None]
            if usable and not dry_run:
                await connection.execute(statement("rotation/reseal_tokens"), *zip(*usable, strict=True))
        resealed += len(usable)
        unusable += len(rows) - len(usable)
        place = (rows[-1]["user_id"], rows[-1]["provider"]) if rows else None
    return Rotated(resealed, unusable)


def _reseal(keys: KeyRing, row: Row) -> str | None:
    try:
        return reseal(keys, row["access_token"], user_id=row["user_id"], host=row["provider"])
    except TokenUnusable as error:
        get_logger().error("token.unusable", user_id=row["user_id"], host=row["provider"], **error.facts)
        return None
