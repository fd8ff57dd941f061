"""The token with which a user's private repositories may be read."""

from fleet import sql
from fleet.config import Secret
from fleet.crypto import EncryptionKeys, KeyRing
from fleet.db import Connection
from fleet.log import get_logger

# The key's type is passed on, so that nothing else needs to import the module that can open seals.
__all__ = ["EncryptionKeys", "KeyRing", "reseal", "token_for", "token_owner"]


async def token_for(conn: Connection, keys: KeyRing, user_id: int | None, host: str) -> Secret | None:
    """Return the user's token for *host*; None without a user or without an account there.

    Raises TokenUnusable, or what the database raised: going on without a token would report a private repository as
    missing.
    """
    if user_id is None:
        return None
    sealed = await conn.fetchval(sql.statement("analysis/find_token"), user_id, host)
    if sealed is None:
        get_logger().info("token.absent", user_id=user_id, host=host)
        return None
    return keys.unseal(sealed, owner=token_owner(user_id, host))


def reseal(keys: KeyRing, sealed: str, *, user_id: int, host: str) -> str:
    """Return what *sealed* holds, sealed by the key that writes; raises TokenUnusable."""
    owner = token_owner(user_id, host)
    return keys.seal(keys.unseal(sealed, owner=owner), owner=owner)


def token_owner(user_id: int, host: str) -> str:
    """Return what a sealed token is bound to, so that it opens in no other row."""
    return f"oauth:{user_id}:{host}"
