"""Which token belongs to whom."""

import base64

import pytest
import structlog.testing

from fleet.analysis.tokens import token_for, token_owner
from fleet.config import Secret
from fleet.crypto import EncryptionKeys, KeyRing
from fleet.db import Connection, ServerError
from fleet.errors import TokenUnusable

TOKEN = Secret("ghp_secret")


@pytest.fixture
def keys() -> KeyRing:
    return KeyRing(EncryptionKeys(base64.b64encode(bytes(32)).decode()))


async def store(conn: Connection, user_id: int, sealed: str) -> None:
    await conn.execute("insert into app.users (id) overriding system value values ($1)", user_id)
    await conn.execute(
        "insert into app.oauth_accounts (user_id, provider, access_token) values ($1, 'github.com', $2)",
        user_id,
        sealed,
    )


async def test_a_users_token_is_opened(conn: Connection, keys: KeyRing) -> None:
    await store(conn, 42, keys.seal(TOKEN, owner=token_owner(42, "github.com")))

    assert await token_for(conn, keys, 42, "github.com") == TOKEN


async def test_nobody_has_no_token(conn: Connection, keys: KeyRing) -> None:
    assert await token_for(conn, keys, None, "github.com") is None


async def test_a_user_without_an_account_has_no_token_and_the_log_says_so(conn: Connection, keys: KeyRing) -> None:
    with structlog.testing.capture_logs() as logs:
        token = await token_for(conn, keys, 42, "github.com")

    assert token is None
    assert logs == [{"event": "token.absent", "log_level": "info", "user_id": 42, "host": "github.com"}]


async def test_a_token_is_for_one_host(conn: Connection, keys: KeyRing) -> None:
    await store(conn, 42, keys.seal(TOKEN, owner=token_owner(42, "github.com")))

    assert await token_for(conn, keys, 42, "git.example.org") is None


async def test_a_token_moved_to_another_users_row_is_unusable(conn: Connection, keys: KeyRing) -> None:
    await store(conn, 43, keys.seal(TOKEN, owner=token_owner(42, "github.com")))

    with pytest.raises(TokenUnusable):
        await token_for(conn, keys, 43, "github.com")


async def test_a_failing_lookup_is_never_taken_for_no_token(conn: Connection, keys: KeyRing) -> None:
    await conn.execute("drop table app.oauth_accounts")

    with pytest.raises(ServerError):
        await token_for(conn, keys, 42, "github.com")
