"""What hosts said last, with the tag that lets them answer "as before" at no cost.

In memory, and only for whoever asked: hosts tag what they say to one token, and what it says of a private repository
is no business of the database's readers. A process that starts anew asks once more.
"""

import hashlib
from collections import OrderedDict

import msgspec

from fleet.analysis.hosts.identity import Identity
from fleet.config import Secret

MOST = 4_096
_MOST_TAG = 200


class Said(msgspec.Struct, frozen=True):
    """An answer, and its tag."""

    etag: str
    identity: Identity


class Remembered:
    """The latest answers, up to *most* of them; the one that was not asked for the longest goes first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._said: OrderedDict[tuple[str, bytes | None], Said] = OrderedDict()

    def find(self, url: str, token: Secret | None) -> Said | None:
        key = _key(url, token)
        said = self._said.get(key)
        if said is not None:
            self._said.move_to_end(key)
        return said

    def keep(self, url: str, token: Secret | None, etag: str | None, identity: Identity) -> None:
        key = _key(url, token)
        self._said.pop(key, None)
        if etag is None or len(etag) > _MOST_TAG or not etag.isascii():
            return
        self._said[key] = Said(etag, identity)
        if len(self._said) > self._most:
            self._said.popitem(last=False)


def asker(token: Secret | None) -> bytes | None:
    """Return what tells those who ask apart, and does not tell their tokens."""
    return None if token is None else hashlib.sha256(token.reveal().encode()).digest()


def _key(url: str, token: Secret | None) -> tuple[str, bytes | None]:
    return url, asker(token)
