"""Seals that whoever holds the public half can make and only the private half opens."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.config import Settings, load
from fleet.errors import ConfigError, SealUnusable
from fleet.sealing import Opener, OpeningKeys, Sealer, SealingKey

OLD = OpeningKeys.parse(base64.b64encode(bytes(range(32))).decode())
NEW = OpeningKeys.parse(base64.b64encode(bytes(range(32, 64))).decode())
CONTEXT = b"pay.card"
PLAIN = b"4111 1111 1111 1111"


def both(first: OpeningKeys, second: OpeningKeys) -> OpeningKeys:
    return OpeningKeys.parse(f"{first.reveal()}, {second.reveal()}")


def sealed(keys: OpeningKeys = OLD, plaintext: bytes = PLAIN, context: bytes = CONTEXT) -> str:
    return Sealer(keys.sealing_key).seal(plaintext, context)


@given(st.binary(), st.binary())
def test_what_the_public_half_seals_the_private_half_opens(plaintext: bytes, context: bytes) -> None:
    assert Opener(OLD).unseal(sealed(OLD, plaintext, context), context) == plaintext


def test_a_seal_names_its_version_and_its_key() -> None:
    version, key_id, _ = sealed().split(".")

    assert (version, len(key_id)) == ("s1", 8)
    assert sealed(NEW).split(".")[1] != key_id


def test_two_seals_of_one_text_differ() -> None:
    assert sealed() != sealed()


def test_a_seal_opens_in_no_other_context() -> None:
    with pytest.raises(SealUnusable, match="another argument"):
        Opener(OLD).unseal(sealed(), b"pay.note")


def test_every_key_of_a_ring_opens_and_the_first_one_is_sealed_for() -> None:
    keys = both(NEW, OLD)

    assert Opener(keys).unseal(sealed(OLD), CONTEXT) == PLAIN
    assert Opener(keys).unseal(sealed(NEW), CONTEXT) == PLAIN
    assert keys.sealing_key == NEW.sealing_key


def test_a_key_that_left_the_ring_opens_nothing_any_more() -> None:
    with pytest.raises(SealUnusable, match="its key is not known here"):
        Opener(NEW).unseal(sealed(OLD), CONTEXT)


def test_a_seal_of_another_version_is_refused_by_name() -> None:
    with pytest.raises(SealUnusable, match="its version is not known here"):
        Opener(OLD).unseal(f"s2{sealed().removeprefix('s1')}", CONTEXT)


def test_a_seal_with_something_added_does_not_open() -> None:
    text = sealed()

    with pytest.raises(SealUnusable):
        Opener(OLD).unseal(f"{text[:30]}\n\n\n\n{text[30:]}", CONTEXT)


@given(st.integers(0, 10_000), st.characters())
def test_a_seal_that_was_changed_anywhere_does_not_open(place: int, character: str) -> None:
    text = sealed()
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    # The last character of base64 carries bits that mean nothing.
    if changed == text or place == len(text) - 1:
        return

    with pytest.raises(SealUnusable):
        Opener(OLD).unseal(changed, CONTEXT)


@given(st.one_of(st.text(), st.text().map(lambda body: f"{sealed().rpartition('.')[0]}.{body}")))
def test_whatever_is_no_seal_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SealUnusable) as refusal:
        Opener(OLD).unseal(text, CONTEXT)

    assert str(refusal.value) in {
        f"the seal does not open (reason={reason})"
        for reason in (
            "its version is not known here",
            "its key is not known here",
            "it was changed, or belongs to another argument",
        )
    }
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_a_new_key_is_another_one_each_time_and_hides_itself() -> None:
    first, second = OpeningKeys.generate(), OpeningKeys.generate()

    assert first != second
    assert Opener(first).unseal(sealed(first), CONTEXT) == PLAIN
    assert first.reveal() not in repr(first)


class _Settings(Settings, frozen=True, kw_only=True):
    sealing_key: SealingKey
    opening_keys: OpeningKeys


def test_keys_are_settings() -> None:
    settings = load(
        _Settings, {"SEALING_KEY": NEW.sealing_key.reveal(), "OPENING_KEYS": f"{OLD.reveal()},{NEW.reveal()}"}
    )

    text = Sealer(settings.sealing_key).seal(PLAIN, CONTEXT)

    assert Opener(settings.opening_keys).unseal(text, CONTEXT) == PLAIN


@pytest.mark.parametrize("text", ["zz", "AAAA", OLD.reveal() + "AAAA", f"{OLD.reveal()},", "ü" * 44, "!" * 44])
def test_a_setting_that_is_no_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(_Settings, {"SEALING_KEY": text, "OPENING_KEYS": text})

    assert [problem.partition(" must be base64")[0] for problem in refusal.value.problems] == [
        "SEALING_KEY",
        "OPENING_KEYS",
    ]
    assert text not in str(refusal.value)


def test_a_public_half_for_which_nothing_can_be_sealed_is_refused() -> None:
    with pytest.raises(ValueError, match="X25519 public key"):
        SealingKey.parse(base64.b64encode(bytes(32)).decode())
