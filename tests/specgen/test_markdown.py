"""Documents as Markdown."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.document import Behaviour, Document, Domain, Feature, Status
from fleet.specgen.render import escaped, render
from tests.specgen.inventories import COMMIT, subject_with


def behaviour(sentence: str = "Adds prices", status: Status = "active", path: str = "tests/test_cart.py") -> Behaviour:
    return Behaviour(sentence=sentence, file=1, test=1, path=path, line=12, status=status)


def document(*behaviours: Behaviour, domain: str = "Cart", host: str = "github.com") -> Document:
    return Document(
        subject=msgspec.structs.replace(subject_with(1), host=host),
        language="English",
        model="outline",
        prompt_version="1",
        overview="A shop.",
        domains=(Domain(domain, (Feature("Totals", behaviours),)),),
    )


def test_a_document_is_a_title_an_overview_and_its_domains() -> None:
    assert render(document(behaviour())) == (
        "# acme/shop\n"
        "\n"
        f"Specification at commit [`0123456789ab`](https://github.com/acme/shop/tree/{COMMIT}):"
        " 1 domain, 1 feature, 1 behaviour, 1 file with tests.\n"
        "\n"
        "A shop.\n"
        "\n"
        "## Cart\n"
        "\n"
        "### Totals\n"
        "\n"
        "- Adds prices"
        f" ([test\\_cart.py:12](https://github.com/acme/shop/blob/{COMMIT}/tests/test_cart.py#L12))\n"
    )


@pytest.mark.parametrize(
    ("status", "mark"),
    [
        ("active", "Adds prices ("),
        ("focused", "Adds prices ("),
        ("skipped", "Adds prices *(skipped)*"),
        ("todo", "Adds prices *(to be written)*"),
        ("xfail", "Adds prices *(expected to fail)*"),
    ],
)
def test_what_is_not_run_is_marked(status: Status, mark: str) -> None:
    assert mark in render(document(behaviour(status=status)))


def test_another_host_is_named_without_links() -> None:
    text = render(document(behaviour(), host="git.example.org"))

    assert "- Adds prices (test\\_cart.py:12)\n" in text
    assert "https://" not in text


def test_a_local_repository_is_called_by_its_own_name() -> None:
    assert render(document(behaviour(), host="file.localhost")).startswith("# shop\n")


def test_a_link_leads_to_a_path_with_spaces_and_signs() -> None:
    assert "/tests/a%20%28b%29%23%3F.py#L12" in render(document(behaviour(path="tests/a (b)#?.py")))


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain words, as they are: 1.5", "plain words, as they are: 1.5"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a & b &amp; c", "a &amp; b &amp;amp; c"),
        ("[click](javascript:x)", r"\[click\](javascript:x)"),
        ("![x](y)", r"!\[x\](y)"),
        ("*bold* _it_ `code` ~~gone~~", r"\*bold\* \_it\_ \`code\` \~\~gone\~\~"),
        ("a | b", r"a \| b"),
        ("$x^2$", r"\$x^2\$"),
        ("# title #", r"\# title \#"),
        ("- item", r"\- item"),
        ("+ item", r"\+ item"),
        ("1. item", r"1\. item"),
        ("2) item", r"2\) item"),
        ("=====", r"\====="),
        ("back\\slash", "back\\\\slash"),
        ("see https://evil.example and www.evil.example", r"see https\://evil.example and www\.evil.example"),
        ("", "…"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_and_html_in_a_name_are_shown_not_obeyed(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


@given(st.text(alphabet="ab1 .-+#<>&[]()!`*_~|$\\\n\r\u2028", max_size=40))
def test_no_name_gets_out_of_its_line(text: str) -> None:
    rendered = render(document(behaviour(text), domain=text))

    assert len(rendered.splitlines()) == len(render(document(behaviour("x"), domain="x")).splitlines())
    assert not re.search(r"<(?!/?$)", rendered)


def test_a_long_name_is_cut() -> None:
    assert len(escaped("x" * 10_000)) == 300
