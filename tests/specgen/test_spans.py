"""Names of the code in a sentence."""

import pytest
from hypothesis import given

from fleet.specgen.spans import spans
from tests.specgen.documents import TEXTS


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("Calls `next()` once", ["next()"]),
        ("app.all(): adds a route", ["app.all()"]),
        (".use(fn, arg): works", [".use(fn, arg)"]),
        ("#each and #1234", ["#each"]),
        ("#empty?: CLI#parse is called", ["#empty?", "CLI#parse"]),
        ("Sidekiq::Web#call works", ["Sidekiq::Web#call"]),
        ("Reads req.params.id", ["req.params.id"]),
        ("Uses test_framework option", ["test_framework"]),
        ("Calls __enter__ twice", ["__enter__"]),
        ("Keeps $attrs and useFetch", ["$attrs", "useFetch"]),
        ("Throws InvalidArgumentException", ["InvalidArgumentException"]),
        ("Takes --no-color and -v", ["--no-color", "-v"]),
        ("Runs on Python 3.11, macOS, GitHub and Node", []),
        ("A non-empty list, e.g. of item(s), is read/written", []),
        ("https://acme.example/a_b is a link", []),
        ("Nothing - at all", []),
    ],
)
def test_names_of_the_code_are_found(sentence: str, code: list[str]) -> None:
    assert [span.text for span in spans(sentence) if span.code] == code


@given(TEXTS)
def test_nothing_is_lost_but_backquotes(sentence: str) -> None:
    divided = list(spans(sentence))

    assert "".join(span.text for span in divided).replace("`", "") == sentence.replace("`", "")
    assert all("`" not in span.text for span in divided if span.code)
