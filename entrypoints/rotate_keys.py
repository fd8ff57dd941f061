"""Seals every stored token anew with the first of ENCRYPTION_KEYS, so that the others can be thrown away."""

import sys
from collections.abc import Sequence
from typing import Annotated

import msgspec

from entrypoints._arguments import EXIT_DATA, Arguments
from entrypoints._process import ProcessSettings, run_process
from fleet.analysis.rotation import rotate
from fleet.analysis.tokens import EncryptionKeys, KeyRing
from fleet.config import also
from fleet.db import connect
from fleet.log import get_logger
from fleet.migrate import require_current


class RotateSettings(ProcessSettings, frozen=True, kw_only=True):
    """The utility's environment."""

    encryption_keys: Annotated[EncryptionKeys, also("ENCRYPTION_KEY")]
    rotate_batch: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 500


def main(argv: Sequence[str]) -> None:
    parser = Arguments(prog="python -m entrypoints.rotate_keys", description=__doc__, allow_abbrev=False)
    parser.add_argument("--dry-run", action="store_true", help="open every token, and store nothing")
    dry_run: bool = parser.parse_args(argv).dry_run

    async def seal_anew(settings: RotateSettings) -> int:
        keys = KeyRing(settings.encryption_keys)
        async with connect(settings.direct_url, application="fleet-rotate-keys") as connection:
            await require_current(connection)
            rotated = await rotate(connection, keys, batch=settings.rotate_batch, dry_run=dry_run)
        get_logger().info(
            "keys.rotated", key=keys.key_ids[0], dry_run=dry_run, resealed=rotated.resealed, unusable=rotated.unusable
        )
        return EXIT_DATA if rotated.unusable else 0

    run_process("rotate-keys", RotateSettings, seal_anew)


if __name__ == "__main__":
    main(sys.argv[1:])
