"""The rotation of keys as a process."""

import base64

import pytest

from fleet.analysis.tokens import EncryptionKeys, KeyRing, token_owner
from fleet.config import Secret
from fleet.db import Pool
from tests.processes.conftest import KEY, Start

pytestmark = pytest.mark.usefixtures("migrated")

NEW = base64.b64encode(b"n" * 32).decode()


async def store(pool: Pool, user: int, key: str) -> None:
    sealed = KeyRing(EncryptionKeys(key)).seal(Secret("ghp_secret"), owner=token_owner(user, "github.com"))
    await pool.execute("insert into app.users (id) values ($1)", user)
    await pool.execute("insert into app.oauth_accounts values ($1, 'github.com', $2)", user, sealed)


async def test_it_says_how_many_it_sealed_anew_and_shows_no_key(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    await store(pool, 1, KEY)
    settings = required["rotate_keys"] | {"ENCRYPTION_KEYS": f"{NEW},{KEY}"}

    process = await start("rotate_keys", settings=settings)

    assert await process.exit_code() == 0, process.text()
    event = process.events()[-1]
    assert (event["message"], event["resealed"], event["unusable"]) == ("keys.rotated", 1, 0)
    assert NEW not in process.text()
    assert KEY not in process.text()
    assert "ghp_secret" not in process.text()


async def test_it_exits_65_when_a_token_opens_with_no_key(
    start: Start, required: dict[str, dict[str, str]], pool: Pool
) -> None:
    await store(pool, 1, KEY)
    settings = required["rotate_keys"] | {"ENCRYPTION_KEYS": NEW}

    process = await start("rotate_keys", "--dry-run", settings=settings)

    assert await process.exit_code() == 65, process.text()
    assert [event["message"] for event in process.events()] == ["token.unusable", "keys.rotated"]
