"""Hands a token to git: through a pipe that can be read once, to the helper git asks, for one host only."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread
import msgspec

from fleet.config import Secret
from fleet.errors import RepositoryUnavailable

# git asks with exactly these words (credential.c, credential_ask_one) and names the host it is about to answer,
# so a server that sends git elsewhere is refused here. Hosts take any user name beside a token.
_HELPER = """\
#!/bin/sh
case "$1" in
"Username for 'https://$FLEET_ASKPASS_HOST': ")
    echo x-access-token ;;
"Password for 'https://x-access-token@$FLEET_ASKPASS_HOST': ")
    IFS= read -r token <"/dev/fd/$FLEET_ASKPASS_FD" && printf '%s\\n' "$token" ;;
*)
    exit 1 ;;
esac
"""


class Channel(msgspec.Struct, frozen=True):
    """What a git process is given so that it can ask."""

    environment: dict[str, str] = {}
    descriptors: tuple[int, ...] = ()


@asynccontextmanager
async def open_channel(token: Secret | None, *, host: str, directory: Path) -> AsyncIterator[Channel]:
    """Answer one git process that asks for a password to *host*; without *token* it is told of no helper."""
    if token is None:
        yield Channel()
        return
    helper = await anyio.to_thread.run_sync(_write_helper, directory)
    reading = _pipe_holding(token.reveal().encode() + b"\n")
    try:
        yield Channel(
            {"GIT_ASKPASS": str(helper), "FLEET_ASKPASS_HOST": host, "FLEET_ASKPASS_FD": str(reading)}, (reading,)
        )
    finally:
        os.close(reading)


def _pipe_holding(answer: bytes) -> int:
    reading, writing = os.pipe()
    try:
        # Far shorter than the buffer of a pipe: written at once or not at all.
        os.set_blocking(writing, False)
        os.write(writing, answer)
    finally:
        os.close(writing)
    return reading


def _write_helper(directory: Path) -> Path:
    helper = directory / "askpass"
    helper.unlink(missing_ok=True)
    helper.write_text(_HELPER, encoding="ascii")
    helper.chmod(0o500)
    if not os.access(helper, os.X_OK):
        # Otherwise git would go on without the token, and a private repository would look absent.
        raise RepositoryUnavailable("the scratch directory is mounted noexec, so git cannot ask for the token")
    return helper
