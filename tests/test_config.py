"""Settings: every problem at once, nothing echoed, nothing replaced."""

import copy
import logging
import traceback
from typing import Annotated, Literal

import msgspec
import pytest

from fleet.config import DatabaseUrl, Seconds, Secret, Settings, also, load
from fleet.errors import ConfigError

URL = "postgresql://fleet:hunter2hunter2@db.internal/fleet"


class Example(Settings, frozen=True, kw_only=True):
    database_url: DatabaseUrl
    key: Secret
    slots: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 30
    grace_seconds: Seconds = 25.0
    optional_slots: Annotated[int, msgspec.Meta(ge=1)] | None = 4
    plain: int | None = None
    name: str | None = None
    language: Literal["english", "german"] = "english"
    local: bool = False


ENOUGH = {"DATABASE_URL": URL, "KEY": "k"}


def test_what_is_left_out_has_its_default() -> None:
    settings = load(Example, ENOUGH)

    assert settings == Example(database_url=DatabaseUrl(URL), key=Secret("k"))


def test_what_is_set_is_read_as_its_type() -> None:
    settings = load(
        Example,
        ENOUGH
        | {"SLOTS": " 7 ", "GRACE_SECONDS": "0.5", "OPTIONAL_SLOTS": "2", "PLAIN": "-3", "NAME": "null"}
        | {"LANGUAGE": "german", "LOCAL": "yes"},
    )

    assert (settings.slots, settings.grace_seconds, settings.optional_slots, settings.plain) == (7, 0.5, 2, -3)
    assert (settings.name, settings.language, settings.local) == ("null", "german", True)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refusal:
        load(Example, {"DATABASE_URL": "mysql://x", "SLOTS": "0", "GRACE_SECONDS": "soon", "LANGUAGE": "latin"})

    assert refusal.value.problems == [
        "DATABASE_URL must start with postgresql://",
        "KEY is required",
        "SLOTS must be a whole number at least 1 and at most 1000",
        "GRACE_SECONDS must be a number at least 0 and at most 86400",
        "LANGUAGE must be one of 'english', 'german'",
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLOTS", "0"),
        ("SLOTS", "1001"),
        ("SLOTS", "-1"),
        ("SLOTS", "7.5"),
        ("SLOTS", "0x10"),
        ("SLOTS", "many"),
        ("SLOTS", "true"),
        ("SLOTS", "null"),
        ("GRACE_SECONDS", "nan"),
        ("GRACE_SECONDS", "inf"),
        ("GRACE_SECONDS", "-1"),
        ("GRACE_SECONDS", "1,5"),
        ("GRACE_SECONDS", "25s"),
        ("OPTIONAL_SLOTS", "0"),
        ("OPTIONAL_SLOTS", "null"),
        ("PLAIN", "null"),
        ("PLAIN", "NULL"),
        ("PLAIN", "none"),
        ("LANGUAGE", "English"),
        ("LOCAL", "maybe"),
        ("LOCAL", "null"),
        ("NAME", ""),
        ("SLOTS", "  "),
        ("KEY", ""),
        ("DATABASE_URL", "db.internal"),
    ],
)
def test_a_wrong_value_never_becomes_a_default(variable: str, value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(Example, ENOUGH | {variable: value})

    assert [problem.partition(" ")[0] for problem in refusal.value.problems] == [variable]


@pytest.mark.parametrize("variable", ["DATABASE_URL", "SLOTS", "GRACE_SECONDS", "OPTIONAL_SLOTS", "LANGUAGE", "LOCAL"])
def test_a_wrong_value_is_not_repeated(variable: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(Example, ENOUGH | {variable: "hunter2hunter2"})

    told = "".join(traceback.format_exception(refusal.value)).replace('"hunter2hunter2"', "")
    assert "hunter2" not in told


class Renamed(Settings, frozen=True, kw_only=True):
    slots: Annotated[int, also("SLOT_COUNT")]


def test_a_setting_that_was_renamed_is_read_from_its_older_variable() -> None:
    assert load(Renamed, {"SLOT_COUNT": "7"}).slots == 7
    assert load(Renamed, {"SLOTS": "8"}).slots == 8


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({}, "SLOTS is required"),
        ({"SLOT_COUNT": "many"}, "SLOT_COUNT must be a whole number"),
        ({"SLOT_COUNT": ""}, "SLOT_COUNT is empty; set it or remove it"),
        ({"SLOTS": "1", "SLOT_COUNT": "1"}, "SLOTS and SLOT_COUNT are both set; remove SLOT_COUNT"),
    ],
)
def test_what_is_wrong_with_a_renamed_setting_is_said_of_the_variable_that_is_set(
    environ: dict[str, str], problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(Renamed, environ)

    assert caught.value.problems == [problem]


def test_variables_of_others_are_ignored() -> None:
    assert load(Example, ENOUGH | {"SLOT": "x", "slots": "x", "PATH": "/bin"}).slots == 30


class TestSecret:
    @pytest.mark.parametrize("secret", [Secret(URL), DatabaseUrl(URL)])
    def test_a_secret_is_never_shown(self, secret: Secret, caplog: pytest.LogCaptureFixture) -> None:
        logging.getLogger("test").warning("%s %r", secret, [secret])
        shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", repr({"a": (secret,)}), caplog.text]

        assert not [text for text in shown if "hunter2" in text]
        assert repr(secret) == f"{type(secret).__name__}('***')"

    def test_settings_do_not_show_theirs(self) -> None:
        assert "hunter2" not in repr(load(Example, ENOUGH))

    def test_a_secret_is_not_written_as_json(self) -> None:
        with pytest.raises(TypeError) as refusal:
            msgspec.json.encode(load(Example, ENOUGH))

        assert "hunter2" not in str(refusal.value)

    def test_a_secret_comes_out_only_when_asked(self) -> None:
        assert Secret("s").reveal() == "s"
        assert copy.copy(Secret("s")).reveal() == "s"

    def test_secrets_are_equal_by_their_text(self) -> None:
        assert Secret("s") == Secret("s")
        assert Secret("s") != Secret("t")
        assert Secret("s") != "s"
        assert len({Secret("s"), Secret("s")}) == 1
