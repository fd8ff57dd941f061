"""Documents as Markdown."""

import pytest
from hypothesis import given
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fleet.specgen.document import Status
from fleet.specgen.render import escaped, render, told
from tests.specgen.documents import HOSTILE, TEXTS, behaviour, document
from tests.specgen.inventories import COMMIT

BLOB = f"https://github.com/acme/shop/blob/{COMMIT}"
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> list[Token]:
    """Everything that a reader of Markdown makes of *text*, lines and what is in them."""
    blocks = MARKDOWN.parse(text)
    return [token for block in blocks for token in (block, *(block.children or ()))]


def shape(text: str) -> list[str]:
    """Read the blocks of *text*, and what in them is more than text, code, emphasis of our own or a link of our own."""
    return [
        token.type
        for token in tokens(text)
        if token.type not in {"text", "code_inline", "text_special", "entity", "inline", "softbreak"}
    ]


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
        f"[tests/test\\_cart.py]({BLOB}/tests/test_cart.py)\n"
        "\n"
        f"- Adds prices ([L12]({BLOB}/tests/test_cart.py#L12))\n"
    )


def test_behaviours_of_several_files_name_theirs() -> None:
    text = render(document(behaviour(), behaviour(path="tests/test_vat.py")))

    assert f"- Adds prices ([test\\_cart.py:12]({BLOB}/tests/test_cart.py#L12))\n" in text
    assert f"- Adds prices ([test\\_vat.py:12]({BLOB}/tests/test_vat.py#L12))\n" in text


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


def test_a_document_in_german_is_german_around_the_names() -> None:
    text = render(document(behaviour(status="todo"), language="de"))

    assert ": 1 Bereich, 1 Funktion, 1 Verhalten, 1 Datei mit Tests." in text
    assert "Adds prices *(noch zu schreiben)*" in text


def test_the_first_behaviours_of_a_feature_may_stand_for_all() -> None:
    text = render(document(*(behaviour(f"Adds {n}", line=n + 1) for n in range(5))), at_most=3)

    assert text.count("- Adds") == 3
    assert text.endswith("- *and 2 more*\n")


def test_a_feature_that_the_model_failed_for_says_so() -> None:
    assert "### Totals\n\n" in render(document(behaviour(), stand_in=True))
    assert "*The model failed here, so these sentences are made of the names alone.*" in render(
        document(behaviour(), stand_in=True)
    )


def test_another_host_is_named_without_links() -> None:
    text = render(document(behaviour(), host="git.example.org"))

    assert "- Adds prices (L12)\n" in text
    assert "https://" not in text


def test_a_local_repository_is_called_by_its_own_name() -> None:
    assert render(document(behaviour(), host="file.localhost")).startswith("# shop\n")


def test_a_link_leads_to_a_path_with_spaces_and_signs() -> None:
    assert "/tests/a%20%28b%29%23%3F.py#L12" in render(document(behaviour(path="tests/a (b)#?.py")))


def test_names_of_the_code_are_set_as_code() -> None:
    assert told("Calls next() for a_b of `<b>`") == "Calls `next()` for `a_b` of `<b>`"


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
        ("safe\u202eelif", "safeelif"),
        ("nul\0byte", "nul byte"),
        ("", "…"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_and_html_in_a_name_are_shown_not_obeyed(text: str, markdown: str) -> None:
    assert escaped(text) == markdown


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_changes_nothing_but_the_text(text: str) -> None:
    assert shape(render(document(behaviour(text), domain=text, feature=text, overview=text or "x"))) == shape(
        render(document(behaviour("x"), domain="x", feature="x", overview="x"))
    )


@given(TEXTS, TEXTS)
def test_no_name_gets_out_of_its_line(text: str, path: str) -> None:
    rendered = render(document(behaviour(text, path=path), domain=text, feature=text))

    assert shape(rendered) == shape(render(document(behaviour("x"), domain="x", feature="x")))
    assert all(
        str(token.attrs["href"]).startswith("https://github.com/acme/shop/")
        for token in tokens(rendered)
        if token.type == "link_open"
    )
    rendered.encode()


def test_a_long_name_is_cut() -> None:
    assert len(escaped("x" * 10_000)) == 300
