"""Stored tokens are sealed anew with the newest key, and what no key opens is named and left alone."""

import base64

import pytest
import structlog.testing
from nacl.secret import SecretBox

from fleet.analysis.rotation import Rotated, rotate
from fleet.analysis.tokens import EncryptionKeys, KeyRing, token_for, token_owner
from fleet.config import Secret
from fleet.db import Connection

OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()
LOST = base64.b64encode(b"l" * 32).decode()
RING = KeyRing(EncryptionKeys(f"{NEW},{OLD}"))


async def store(conn: Connection, user: int, sealed: str, host: str = "github.com") -> None:
    await conn.execute("insert into app.users (id) values ($1) on conflict do nothing", user)
    await conn.execute(
        "insert into app.oauth_accounts (user_id, provider, access_token) values ($1, $2, $3)", user, host, sealed
    )


def sealed_by(key: str, user: int, host: str = "github.com") -> str:
    return KeyRing(EncryptionKeys(key)).seal(Secret(f"token of {user} at {host}"), owner=token_owner(user, host))


async def stored(conn: Connection) -> dict[tuple[int, str], str]:
    rows = await conn.fetch("select user_id, provider, access_token from app.oauth_accounts")
    return {(row["user_id"], row["provider"]): row["access_token"] for row in rows}


@pytest.mark.parametrize("batch", [1, 2, 100])
async def test_every_token_opens_with_the_newest_key_alone_afterwards(conn: Connection, batch: int) -> None:
    for user in range(-2, 5):
        await store(conn, user, sealed_by(OLD, user))
        await store(conn, user, sealed_by(OLD, user, "gitlab.com"), "gitlab.com")

    rotated = await rotate(conn, RING, batch=batch, dry_run=False)

    alone = KeyRing(EncryptionKeys(NEW))
    assert rotated == Rotated(resealed=14, unusable=0)
    for user, host in await stored(conn):
        assert await token_for(conn, alone, user, host) == Secret(f"token of {user} at {host}")


async def test_tokens_in_the_older_form_get_the_newer_one(conn: Connection) -> None:
    box = SecretBox(b"o" * 32).encrypt(b"ghp_older")
    await store(conn, 1, base64.b64encode(box).decode())

    assert await rotate(conn, RING, batch=10, dry_run=False) == Rotated(resealed=1, unusable=0)

    assert await token_for(conn, KeyRing(EncryptionKeys(NEW)), 1, "github.com") == Secret("ghp_older")


async def test_what_the_newest_key_has_sealed_stays_as_it_is(conn: Connection) -> None:
    await store(conn, 1, sealed_by(NEW, 1))
    before = await stored(conn)

    assert await rotate(conn, RING, batch=10, dry_run=False) == Rotated(resealed=0, unusable=0)

    assert await stored(conn) == before


async def test_what_no_key_opens_is_named_and_stays_as_it_is(conn: Connection) -> None:
    lost = sealed_by(LOST, 2)
    await store(conn, 1, sealed_by(OLD, 1))
    await store(conn, 2, lost)
    await store(conn, 3, sealed_by(OLD, 1))
    await store(conn, 4, sealed_by(OLD, 4))

    with structlog.testing.capture_logs() as lines:
        rotated = await rotate(conn, RING, batch=1, dry_run=False)

    assert rotated == Rotated(resealed=2, unusable=2)
    assert (await stored(conn))[2, "github.com"] == lost
    assert [(line["event"], line["user_id"], line["reason"]) for line in lines] == [
        ("token.unusable", 2, "its key is not known here"),
        ("token.unusable", 3, "it was changed, or belongs to another owner"),
    ]
    assert "token of" not in str(lines)


async def test_a_dry_run_opens_everything_and_stores_nothing(conn: Connection) -> None:
    await store(conn, 1, sealed_by(OLD, 1))
    await store(conn, 2, sealed_by(LOST, 2))
    before = await stored(conn)

    assert await rotate(conn, RING, batch=1, dry_run=True) == Rotated(resealed=1, unusable=1)

    assert await stored(conn) == before
