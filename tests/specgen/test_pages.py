"""Documents as a page of HTML, and as JSON."""

from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given

from fleet.specgen.render_html import render_html
from fleet.specgen.render_json import Published, json_schema, render_json
from tests.specgen.documents import HOSTILE, TEXTS, behaviour, document
from tests.specgen.inventories import COMMIT


class Outline(HTMLParser):
    """What a browser would make of a page: its tags and what they do, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "action", "formaction"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [tag for tag in self.tags if tag[0] != "code"]


def test_a_page_says_what_the_document_says() -> None:
    text = " ".join(Outline(render_html(document(behaviour("Rejects `None`", "skipped")))).texts)

    for part in ("acme/shop", "0123456789ab", "1 behaviour", "A shop.", "Cart", "Totals", "None", "skipped", ":12"):
        assert part in text


def test_a_behaviour_leads_to_its_line_at_the_commit() -> None:
    addresses = Outline(render_html(document(behaviour()))).addresses

    assert f"https://github.com/acme/shop/blob/{COMMIT}/tests/test_cart.py#L12" in addresses


def test_a_page_of_a_local_repository_has_no_links_but_its_own() -> None:
    addresses = Outline(render_html(document(behaviour(), host="file.localhost"))).addresses

    assert addresses
    assert all(address.startswith("#") for address in addresses)


def test_a_page_needs_nothing_but_itself() -> None:
    page = Outline(render_html(document(behaviour())))

    assert {"link", "img", "iframe", "object"} & {tag for tag, _ in page.tags} == set()
    assert ("script", ()) in page.tags
    assert "default-src 'none'" in render_html(document(behaviour()))


def test_a_page_in_german_says_so() -> None:
    page = render_html(document(behaviour(status="skipped"), language="German"))

    assert '<html lang="de">' in page
    assert "übersprungen" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_changes_nothing_but_the_text(text: str) -> None:
    page = Outline(render_html(document(behaviour(text, path=text), domain=text, feature=text, overview=text or "x")))
    plain = Outline(render_html(document(behaviour("x", path="x"), domain="x", feature="x", overview="x")))

    assert page.shape == plain.shape


@given(TEXTS, TEXTS)
def test_no_name_gets_out_of_its_text(text: str, path: str) -> None:
    rendered = render_html(document(behaviour(text, path=path), domain=text, feature=text, owner=path))
    page = Outline(rendered)

    assert page.shape == Outline(render_html(document(behaviour("x", path="x"), domain="x", feature="x"))).shape
    assert all(address.startswith(("#", "https://github.com/")) for address in page.addresses)
    assert not {"\0", "\u202e", "\u2066", "\x1b"} & set(rendered)
    rendered.encode()


def test_json_is_read_back_in_its_published_form() -> None:
    found = msgspec.json.decode(render_json(document(behaviour())), type=Published, strict=True)

    assert (found.format, found.host, found.owner, found.repo, found.commit) == (
        *(1, "github.com", "acme", "shop", COMMIT),
    )
    assert [(b.sentence, b.status, b.path, b.line, b.url) for b in found.domains[0].features[0].behaviours] == [
        (
            *("Adds prices", "active", "tests/test_cart.py", 12),
            f"https://github.com/acme/shop/blob/{COMMIT}/tests/test_cart.py#L12",
        )
    ]


def test_a_feature_that_the_model_failed_for_says_so() -> None:
    found = msgspec.json.decode(render_json(document(behaviour(), stand_in=True)), type=Published)

    assert found.domains[0].features[0].stand_in
    assert "The model failed here" in render_html(document(behaviour(), stand_in=True))
    assert "The model failed here" not in render_html(document(behaviour()))


def test_json_of_a_local_repository_has_no_addresses() -> None:
    found = msgspec.json.decode(render_json(document(behaviour(), host="file.localhost")), type=Published)

    assert found.url is None
    assert found.domains[0].features[0].behaviours[0].url is None


def test_the_schema_names_every_field_of_the_published_form() -> None:
    schema = json_schema()["$defs"]

    assert set(schema["Published"]["properties"]) == set(Published.__struct_fields__)
    assert schema["PublishedBehaviour"]["required"] == ["sentence", "status", "path", "line", "url"]
