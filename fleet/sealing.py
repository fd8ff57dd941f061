"""Seals arguments of jobs, so that whoever enqueues needs only the public half of a key, and only workers open them.

A seal reads ``s1.<key id>.<base64url of HPKE output>`` (RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305). Its version,
key id and context are bound to it, so that a seal copied to another argument does not open.
"""

import base64
import hashlib
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from fleet.config import Secret
from fleet.errors import SealUnusable

_VERSION = "s1"
_KEY_ID_BYTES = 4


class SealingKey(Secret):
    """The public half: base64 of 32 bytes. No secret, but read from the environment like one."""

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            _encrypt(_public(text), b"", b"")
        except ValueError:
            raise ValueError("must be base64 of the 32 bytes of an X25519 public key") from None
        return cls(text)


class OpeningKeys(Secret):
    """One or several private halves, each base64 of 32 bytes, separated by commas; seals are made for the first one."""

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            _privates(text)
        except ValueError:
            raise ValueError("must be base64 of 32 bytes, or several of those separated by commas") from None
        return cls(text)

    @classmethod
    def generate(cls) -> Self:
        """Return one new key."""
        return cls(base64.b64encode(X25519PrivateKey.generate().private_bytes_raw()).decode())

    @property
    def sealing_key(self) -> SealingKey:
        """The public half of the first key: what whoever enqueues is given."""
        first, *_ = _privates(self.reveal())
        return SealingKey(base64.b64encode(first.public_key().public_bytes_raw()).decode())


class Sealer:
    """Seals for whoever has the private half; opens nothing."""

    def __init__(self, key: SealingKey) -> None:
        self._key = _public(key.reveal())
        self._key_id = _key_id(self._key)

    def seal(self, plaintext: bytes, context: bytes) -> str:
        header = f"{_VERSION}.{self._key_id}"
        output = _encrypt(self._key, plaintext, _bound(header, context))
        return f"{header}.{base64.urlsafe_b64encode(output).decode().rstrip('=')}"


class Opener:
    """Opens what was sealed for any of its keys."""

    def __init__(self, keys: OpeningKeys) -> None:
        self._keys = {_key_id(key.public_key()): key for key in _privates(keys.reveal())}

    def unseal(self, text: str, context: bytes) -> bytes:
        """Return what was sealed with *context*; raises SealUnusable, which repeats nothing of *text*."""
        version, _, rest = text.partition(".")
        key_id, _, body = rest.partition(".")
        if version != _VERSION:
            raise _unusable("its version is not known here")
        if key_id not in self._keys:
            raise _unusable("its key is not known here")
        try:
            sealed = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            return _suite().decrypt(sealed, self._keys[key_id], info=_bound(f"{version}.{key_id}", context))
        except (InvalidTag, ValueError):
            raise _unusable("it was changed, or belongs to another argument") from None


def _suite() -> Suite:
    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def _encrypt(key: X25519PublicKey, plaintext: bytes, info: bytes) -> bytes:
    return _suite().encrypt(plaintext, key, info=info)


def _bound(header: str, context: bytes) -> bytes:
    return header.encode() + b"." + context


def _privates(text: str) -> list[X25519PrivateKey]:
    """Return the keys in *text*; raises ValueError, as base64 does for what is none."""
    return [X25519PrivateKey.from_private_bytes(_decode(part)) for part in text.split(",")]


def _public(text: str) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(_decode(text))


def _decode(text: str) -> bytes:
    return base64.b64decode(text.strip(), validate=True)


def _key_id(key: X25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).digest()[:_KEY_ID_BYTES].hex()


def _unusable(reason: str) -> SealUnusable:
    return SealUnusable("the seal does not open", reason=reason)
