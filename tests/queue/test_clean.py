"""Text from outside, made fit to store."""

from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleet.queue.clean import LIMIT, clean, describe

SECRET = "kR7pQ2vX9sL4tW8z"  # gitleaks:allow

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


@given(ANY_TEXT, st.sampled_from([1, 50, 2000]))
@example("\x00\ud800\U0001f600", 20_000)
def test_cleaned_text_always_fits_and_can_be_stored(text: str, times: int) -> None:
    cleaned = clean(text * times)

    assert "\x00" not in cleaned
    assert len(cleaned.encode("utf-8")) <= LIMIT


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_short_text_stays_as_it_is() -> None:
    assert clean("line 3: ünexpected 'x' \U0001f600\n\tat y") == "line 3: ünexpected 'x' \U0001f600\n\tat y"


def test_a_nul_is_shown() -> None:
    assert clean("a\x00b") == "a␀b"


@pytest.mark.parametrize("size", [LIMIT + 1, 60_000, 200_000, 3_000_000])
def test_long_text_keeps_its_ends(size: int) -> None:
    cleaned = clean("begin" + "." * (size - 8) + "end")

    assert cleaned.startswith("begin...")
    assert cleaned.endswith("...end")
    assert "left out …" in cleaned
    assert LIMIT - 200 < len(cleaned.encode()) <= LIMIT


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{SECRET}@github.com/psf/requests",
        f"HTTPS://{SECRET}@github.com",
        f"postgresql://fleet:p@{SECRET}@db/fleet",
        f"https://x-access-token:{SECRET * 100}@github.com",
        f"Authorization: Bearer {SECRET}",
        f"authorization: Basic {SECRET}==",
        f"Authorization: token {SECRET}",
        f"sent Bearer {SECRET} to the host",
        f"password={SECRET}",
        f"PASSWORD: '{SECRET}'",
        f"GITHUB_TOKEN={SECRET}",
        f"export ENCRYPTION_KEY={SECRET}",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"client_secret={SECRET}&x=1",
        f"x-api-key: {SECRET}",
        f'{{"token": "{SECRET}", "a": 1}}',
        f"{{'access_token': '{SECRET}'}}",
        f"token={SECRET * 100}",
        f"remote said: ghp_{SECRET}{SECRET} is revoked",
        f"github_pat_{SECRET}",
        f"sk-{SECRET}",
    ],
)
@pytest.mark.parametrize("before", [0, LIMIT // 2 - 60, 4 * LIMIT - 20, 100_000])
def test_a_secret_is_not_repeated_wherever_it_stands(text: str, before: int) -> None:
    cleaned = clean("." * (before - 1) + " " * (before > 0) + text + " " + "." * before)

    assert SECRET[:8] not in cleaned
    assert SECRET[-8:] not in cleaned


def test_a_secret_at_the_edge_of_what_is_looked_through_is_not_repeated() -> None:
    cleaned = clean(f"https://x:{SECRET * 20}@h/ " * 1000)

    assert SECRET[:8] not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/psf/requests/pull/7: 404",
        "unexpected token ) at 3:14",
        "max_tokens: 4096",
        "mail to admin@example.org",
        "no such option: --skip-it",
        "primary_key: id_of_row",
    ],
)
def test_what_is_no_secret_is_kept(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", ["a.b+c-" * 700_000, "://a" * 1_000_000, "token:" * 700_000, "https://a" * 400_000])
def test_text_of_megabytes_costs_no_more_than_its_ends(text: str) -> None:
    assert len(clean(text)) <= LIMIT


class _Unreadable(Exception):
    def __str__(self) -> str:
        raise self


class _NotText(Exception):
    def __str__(self) -> str:
        return cast("str", 7)


@pytest.mark.parametrize("error", [_Unreadable(), _NotText()])
def test_an_error_that_cannot_be_read_is_described_all_the_same(error: Exception) -> None:
    assert describe(error) == "<exception str() failed>"


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a: b\nc"),
        KeyError("owner"),
        OSError(2, "No such file", "x: y"),
        ExceptionGroup("two", [ValueError("a"), ValueError("b")]),
        SystemExit(3),
        ValueError(),
    ],
)
def test_an_error_is_described_by_its_message(error: BaseException) -> None:
    assert describe(error) == str(error)


def test_a_description_is_clean() -> None:
    assert describe(ValueError(f"\x00 password={SECRET}")) == "␀ password=***"
