"""Seals and what can be wrong with them."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_secretbox
from nacl.secret import SecretBox

from fleet.config import Secret, Settings, load
from fleet.crypto import EncryptionKeys, KeyRing
from fleet.errors import ConfigError, TokenUnusable

OLD = base64.b64encode(bytes(range(32))).decode()
NEW = base64.b64encode(bytes(range(32, 64))).decode()
OWNER = "oauth:42:github.com"
TOKEN = Secret("ghp_secret")


def ring(*keys: str) -> KeyRing:
    return KeyRing(EncryptionKeys.parse(",".join(keys)))


def boxed(text: bytes, key: str = OLD) -> str:
    return base64.b64encode(SecretBox(base64.b64decode(key)).encrypt(text)).decode()


@given(st.text(), st.text())
def test_what_is_sealed_opens_for_its_owner(text: str, owner: str) -> None:
    keys = ring(OLD)

    assert keys.unseal(keys.seal(Secret(text), owner=owner), owner=owner) == Secret(text)


def test_a_seal_names_its_version_and_its_key_and_hides_the_rest() -> None:
    sealed = ring(OLD).seal(TOKEN, owner=OWNER, randomness=bytes)

    version, key_id, body = sealed.split(".")
    assert version == "v2"
    assert key_id == hashlib.sha256(base64.b64decode(OLD)).hexdigest()[:8]
    assert body.startswith("AAAAAAAAAAAAAAAA")
    assert "ghp" not in sealed


def test_two_seals_of_one_secret_differ() -> None:
    keys = ring(OLD)

    assert keys.seal(TOKEN, owner=OWNER) != keys.seal(TOKEN, owner=OWNER)


def test_a_seal_copied_to_another_users_row_does_not_open() -> None:
    keys = ring(OLD)
    sealed = keys.seal(TOKEN, owner=OWNER)

    with pytest.raises(TokenUnusable, match="another owner"):
        keys.unseal(sealed, owner="oauth:43:github.com")


def test_after_a_rotation_both_seals_open_and_the_new_key_writes() -> None:
    before, after = ring(OLD), ring(NEW, OLD)
    sealed = before.seal(TOKEN, owner=OWNER)

    assert after.unseal(sealed, owner=OWNER) == TOKEN
    assert ring(NEW).unseal(after.seal(TOKEN, owner=OWNER), owner=OWNER) == TOKEN
    with pytest.raises(TokenUnusable, match="key is not known"):
        ring(NEW).unseal(sealed, owner=OWNER)


def test_the_older_form_opens_with_any_key_of_the_ring() -> None:
    assert ring(OLD).unseal(boxed(b"ghp_secret"), owner=OWNER) == TOKEN
    assert ring(NEW, OLD).unseal(boxed(b"ghp_secret"), owner=OWNER) == TOKEN


def test_the_older_form_is_a_nonce_a_tag_and_the_ciphertext() -> None:
    nonce = bytes(24)
    raw = crypto_secretbox(b"ghp_secret", nonce, base64.b64decode(OLD))

    assert len(raw) == 16 + len(b"ghp_secret")
    assert ring(OLD).unseal(base64.b64encode(nonce + raw).decode(), owner=OWNER) == TOKEN


@pytest.mark.parametrize(
    ("sealed", "reason"),
    [
        ("", "empty"),
        ("v2", "not base64"),
        ("v2.", "key is not known"),
        ("v2.630dcd29", "cut off"),
        ("v2.630dcd29.", "cut off"),
        ("v2.630dcd29.AAAA", "cut off"),
        ("v2.630dcd29.***", "not base64"),
        ("v2.630dcd29." + "A" * 64, "changed"),
        ("v2.00000000." + "A" * 64, "key is not known"),
        ("v3.630dcd29." + "A" * 64, "version"),
        (".", "version"),
        ("not base64 at all", "not base64"),
        ("AAAA", "cut off"),
        ("A" * 64, "no key"),
        ("\u0430" * 64, "not base64"),
        (boxed(b"\xff"), "not text"),
        (boxed(b"ghp_secret", NEW), "no key"),
        (boxed(b"ghp_secret")[:-4], "no key"),
    ],
)
def test_a_seal_that_does_not_open_says_why_and_nothing_of_itself(sealed: str, reason: str) -> None:
    with pytest.raises(TokenUnusable, match=reason) as caught:
        ring(OLD).unseal(sealed, owner=OWNER)

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert len(sealed) < 8 or sealed not in f"{caught.value} {caught.value!r}"


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_no_changed_byte_goes_unnoticed(place: int, change: int) -> None:
    keys = ring(OLD)
    version, key_id, body = keys.seal(TOKEN, owner=OWNER).split(".")
    raw = bytearray(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    raw[place % len(raw)] ^= change
    changed = base64.urlsafe_b64encode(raw).decode().rstrip("=")

    with pytest.raises(TokenUnusable):
        keys.unseal(f"{version}.{key_id}.{changed}", owner=OWNER)


class Needed(Settings, frozen=True, kw_only=True):
    encryption_key: EncryptionKeys


@pytest.mark.parametrize(
    "text",
    ["short", "c2hvcnQ=", OLD + ",", OLD + ",c2hvcnQ=", OLD[:-1], base64.b64encode(bytes(33)).decode(), "%" * 44],
)
def test_a_wrong_key_is_reported_without_being_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(Needed, {"ENCRYPTION_KEY": text})

    assert str(caught.value).startswith("ENCRYPTION_KEY must be base64 of 32 bytes")
    assert text not in str(caught.value)


def test_no_key_shows_in_a_repr() -> None:
    settings = load(Needed, {"ENCRYPTION_KEY": f"{OLD}, {NEW}"})

    shown = f"{settings!r} {KeyRing(settings.encryption_key)!r}"

    assert OLD not in shown
    assert NEW not in shown
