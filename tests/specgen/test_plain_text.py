"""Documents as lines for a terminal."""

import pytest
from hypothesis import given

from fleet.specgen.document import Status
from fleet.specgen.render_text import render_text
from tests.specgen.documents import HOSTILE, TEXTS, behaviour, document


def test_a_document_is_indented_by_what_belongs_to_what() -> None:
    assert render_text(document(behaviour("Adds a_b & [c] *d*"))) == (
        "acme/shop\n"
        "\n"
        "Specification at commit 0123456789ab: 1 domain, 1 feature, 1 behaviour, 1 file with tests.\n"
        "\n"
        "A shop.\n"
        "\n"
        "Cart\n"
        "\n"
        "  Totals (tests/test_cart.py)\n"
        "    - Adds a_b & [c] *d* (L12)\n"
    )


def test_behaviours_of_several_files_say_which() -> None:
    text = render_text(document(behaviour(), behaviour(path="tests/test_vat.py")))

    assert "  Totals\n" in text
    assert "    - Adds prices (test_cart.py:12)\n    - Adds prices (test_vat.py:12)\n" in text


@pytest.mark.parametrize(("status", "remark"), [("active", "(L12)"), ("skipped", "(skipped, L12)")])
def test_what_is_not_run_says_so(status: Status, remark: str) -> None:
    assert f"- Adds prices {remark}\n" in render_text(document(behaviour(status=status)))


def test_a_feature_that_the_model_failed_for_says_so_under_its_name() -> None:
    text = render_text(document(behaviour(), stand_in=True))

    assert (
        "  Totals (tests/test_cart.py)\n"
        "  The model failed here, so these sentences are made of the names alone.\n"
        "    - Adds prices (L12)\n"
    ) in text


def test_so_many_behaviours_stand_for_the_rest() -> None:
    text = render_text(document(*(behaviour(f"Adds {n}", line=n + 1) for n in range(5))), at_most=3)

    assert text.count("- Adds") == 3
    assert text.endswith("    - and 2 more\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_steers_the_terminal_or_begins_a_line(text: str) -> None:
    assert_plain(text)


@given(TEXTS)
def test_no_name_at_all_steers_the_terminal(text: str) -> None:
    assert_plain(text)


def assert_plain(text: str) -> None:
    of_two_files = (behaviour(text, path=f"{text}/a"), behaviour(path=f"b/{text}"))
    shown = render_text(document(*of_two_files, owner=text, overview=f"x{text}", domain=text, feature=text))
    shown += render_text(document(behaviour(path=text)))

    assert shown.count("\n") == 11 + 10
    assert all(line.isprintable() for line in shown.split("\n"))
