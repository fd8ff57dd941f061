"""Seals secrets for the database, and opens what was sealed: by this program or by the system before it.

A seal reads ``v2.<key id>.<base64url of nonce and AES-256-GCM output>``. Its version, key id and owner are
authenticated with it, so a text copied to another user's row does not open. The older form, base64 of a NaCl secret
box, knows neither key id nor owner.
"""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from fleet.config import Secret
from fleet.errors import TokenUnusable

_VERSION = "v2"
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_TAG_BYTES = 16

Randomness = Callable[[int], bytes]


class EncryptionKeys(Secret):
    """One or several base64 keys of 32 bytes, separated by commas; the first one writes."""

    @classmethod
    def parse(cls, text: str) -> Self:
        if any(len(key) != _KEY_BYTES for key in _keys(text)):
            raise ValueError("must be base64 of 32 bytes, or several of those separated by commas")
        return cls(text)


class KeyRing:
    """Every key that may open a seal; the first one makes them."""

    def __init__(self, keys: EncryptionKeys) -> None:
        self._keys = {_key_id(key): key for key in _keys(EncryptionKeys.parse(keys.reveal()).reveal())}
        self._writing = next(iter(self._keys))

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._keys)})"

    @property
    def newest_prefix(self) -> str:
        """How each seal begins that the first key has made."""
        return f"{_VERSION}.{self._writing}."

    @property
    def key_ids(self) -> tuple[str, ...]:
        """What seals name their key by; the first one is written."""
        return tuple(self._keys)

    def seal(self, secret: Secret, *, owner: str, randomness: Randomness = secrets.token_bytes) -> str:
        """Return *secret* as text for the database; only the same *owner* opens it again."""
        nonce = randomness(_NONCE_BYTES)
        header = f"{_VERSION}.{self._writing}"
        output = AESGCM(self._keys[self._writing]).encrypt(nonce, secret.reveal().encode(), _bound(header, owner))
        return f"{header}.{base64.urlsafe_b64encode(nonce + output).decode().rstrip('=')}"

    def unseal(self, text: str, *, owner: str) -> Secret:
        """Return what *text* holds; raises TokenUnusable, which carries the reason and nothing of either text."""
        opened = self._open(text, owner) if "." in text else self._open_box(text)
        try:
            return Secret(opened.decode("utf-8"))
        except UnicodeDecodeError:
            raise _unusable("what it holds is not text") from None

    def _open(self, text: str, owner: str) -> bytes:
        version, _, rest = text.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _VERSION:
            raise _unusable("its version is not known here")
        if key_id not in self._keys:
            raise _unusable("its key is not known here")
        sealed = _decode(body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4))
        if len(sealed) < _NONCE_BYTES + _TAG_BYTES:
            raise _unusable("it is cut off")
        nonce, output = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return AESGCM(self._keys[key_id]).decrypt(nonce, output, _bound(f"{version}.{key_id}", owner))
        except InvalidTag:
            raise _unusable("it was changed, or belongs to another owner") from None

    def _open_box(self, text: str) -> bytes:
        if not text:
            raise _unusable("it is empty")
        box = _decode(text)
        if len(box) < SecretBox.NONCE_SIZE + SecretBox.MACBYTES:
            raise _unusable("it is cut off")
        for key in self._keys.values():
            try:
                return SecretBox(key).decrypt(box)
            except CryptoError:
                continue
        raise _unusable("no key here opens it")


def _keys(text: str) -> list[bytes]:
    """Return the keys in *text*; one that is not base64 comes out empty."""
    keys = []
    for part in text.split(","):
        try:
            keys.append(base64.b64decode(part.strip(), validate=True))
        except (binascii.Error, ValueError):
            keys.append(b"")
    return keys


def _key_id(key: bytes) -> str:
    return hashlib.sha256(key).digest()[:_KEY_ID_BYTES].hex()


def _bound(header: str, owner: str) -> bytes:
    return f"{header}.{owner}".encode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _unusable("it is not base64") from None


def _unusable(reason: str) -> TokenUnusable:
    return TokenUnusable("the stored token cannot be read", reason=reason)
