"""Builds the images on a stand-in for their base, and says what is in them: ``python -m tests.images [NAME...]``.

As root, on a Debian with buildah and debootstrap, and with a way to the package registries. Prints a JSON line for each
image and exits 1 when one is not as it should be.
"""

import base64
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import msgspec

from fleet.analysis.job import Analyze
from fleet.config import DatabaseUrl
from fleet.db import connect
from fleet.local.server import run_postgres
from fleet.local.state import state_folder
from fleet.migrate import migrate
from fleet.queue.enqueue import declare
from fleet.specgen.job import GenerateSpec
from fleet.testing.proxy import open_proxy
from tests.images.begin import begin
from tests.images.look import Image, look, open_image, problems
from tests.images.shell import Buildah
from tests.images.stand_in import TAG, make

ROOT = Path(__file__).parents[2]
# What a process cannot do without besides its database.
NEEDED = {
    "analyzer": {"ENCRYPTION_KEYS": base64.b64encode(bytes(32)).decode()},
    "dashboard": {"DASHBOARD_TOKEN": "x" * 32, "DASHBOARD_HOST": "::"},
}


def main(names: Sequence[str]) -> int:
    folder = state_folder(os.environ, os.getuid()) / "images"
    folder.mkdir(parents=True, exist_ok=True)
    buildah = Buildah(folder)
    make(folder, buildah)
    buildah("rm", "--all")
    base = open_image(buildah, TAG)
    found = []
    for name in names or sorted(path.suffix.removeprefix(".") for path in ROOT.glob("Dockerfile.*")):
        image = _build(buildah, name)
        seen = look(image, base)
        began = anyio.run(_begin, image, NEEDED.get(name, {}))
        wrong = [*problems(seen), *([] if began == "ok" else [f"it does not start: {began}"])]
        line = {**msgspec.structs.asdict(seen), "starts_read_only": began == "ok", "problems": wrong}
        sys.stdout.write(f"{msgspec.json.encode(line).decode()}\n")
        sys.stdout.flush()
        found += wrong
    buildah("rm", "--all")
    return 1 if found else 0


def _build(buildah: Buildah, name: str) -> Image:
    options = ("--isolation", "chroot", "--pull=never", "--layers=false", "--quiet", "--tag", f"fleet-{name}")
    buildah("bud", *options, "--file", ROOT / f"Dockerfile.{name}", ROOT)
    return open_image(buildah, f"fleet-{name}")


async def _begin(image: Image, settings: dict[str, str]) -> str:
    """Start it beside a database of its own, which it reaches as from another machine."""
    async with run_postgres(None) as server:
        await migrate(server)
        async with connect(server, application="fleet-tests") as connection, open_proxy(server) as proxy:
            await declare(connection, (Analyze, GenerateSpec))
            await connection.execute("select fleet.make_partitions()")
            return await begin(image, DatabaseUrl(proxy.url.reveal()), settings, connection)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
