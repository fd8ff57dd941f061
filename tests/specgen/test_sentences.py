"""Names of tests as sentences that a product person reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.outline.sentence import behaviour, suite_name
from fleet.specgen.outline.text import LONGEST, one_line, unique
from fleet.specgen.outline.words import sentence_of, words_of

LANGUAGES = st.sampled_from(["python", "go", "javascript", "typescript", "java"])
# Names as people write them, and names as nobody does.
NAMES = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="test_TESTaAbB0123 _[]()%${}.'\"\n\u2028\u202e\ud800é日", max_size=60),
)


@pytest.mark.parametrize(
    ("identifier", "sentence"),
    [
        ("rejects_empty_owner", "Rejects empty owner"),
        ("rejectsEmptyOwner", "Rejects empty owner"),
        ("ParseHTTPRequest", "Parse HTTP request"),
        ("parses_json_from_url", "Parses JSON from URL"),
        ("keepsURLsAndIDs", "Keeps URLs and IDs"),
        ("OAuth2Login", "OAuth2 login"),
        ("github_webhook", "GitHub webhook"),
        ("sha256_of_utf8", "SHA256 of UTF-8"),
        ("returns404WhenMissing", "Returns 404 when missing"),
        ("step2", "Step 2"),
        ("asks_for_2fa", "Asks for 2FA"),
        ("ipv6_address", "IPv6 address"),
        ("RouteNoMethod", "Route no method"),
        ("ParseAString", "Parse a string"),
        ("does_not_raise", "Does not raise"),
        ("doesnt_raise", "Doesn't raise"),
        ("doesn_t_raise", "Doesn't raise"),
        ("cannot_log_in", "Cannot log in"),
        ("no_op", "No op"),
        ("raises_ValueError", "Raises ValueError"),
        ("calls__enter__twice", "Calls __enter__ twice"),
        ("SHOUTED_NAME", "Shouted name"),
        ("café_ouvert", "Café ouvert"),
    ],
)
def test_an_identifier_becomes_words(identifier: str, sentence: str) -> None:
    assert sentence_of(words_of(identifier)) == sentence


@pytest.mark.parametrize(
    ("name", "suites", "language", "sentence"),
    [
        ("test_rejects_empty_owner", (), "python", "Rejects empty owner"),
        ("testParsesURL", (), "python", "Parses URL"),
        ("test_get", ("TestLogin",), "python", "Login: get"),
        ("test_get", ("LoginTests",), "python", "Login: get"),
        ("test_get", ("Tests",), "python", "Get"),
        ("test_get", ("TestHTTP", "TestErrors"), "python", "HTTP \u203a Errors: get"),
        ("test___init__", (), "python", "__init__"),
        ("test_1", (), "python", "Test 1"),
        ("test404", (), "python", "Test 404"),
        ("test", (), "python", "Test"),
        ("testing_mode", (), "python", "Testing mode"),
        ("test_adds[1-2]", (), "python", "Adds (1-2)"),
        ("TestParse_EmptyInput", (), "go", "Parse: empty input"),
        ("Test_parse_empty_input", (), "go", "Parse empty input"),
        ("empty_input", ("TestParse",), "go", "Parse: empty input"),
        ("empty input", ("TestServer_ServeHTTP",), "go", "Server \u203a Serve HTTP: empty input"),
        ("FuzzDecode", (), "go", "Fuzz decode"),
        ("ExampleServer_Close", (), "go", "Example server: close"),
        ("returns 200", ("when logged in",), "javascript", "When logged in: returns 200"),
        ("should keep GET /users as it is.", (), "typescript", "Should keep GET /users as it is"),
        ("A or B", ("choice",), "typescript", "Choice: A or B"),
        ("useFetch", (), "javascript", "useFetch"),
        ("works", ("UserService", ".use()"), "javascript", "UserService \u203a .use(): works"),
        ("adds %i and ${b}", (), "javascript", "Adds … and …"),
        ("keeps $attrs at 100%", (), "javascript", "Keeps $attrs at 100%"),
        ("(dynamic)", ("add",), "javascript", "Add: cases named at run time"),
        ("adds (dynamic cases)", (), "javascript", "Adds (several cases)"),
        ("", (), "python", "Cases named at run time"),
        ("two\nlines", (), "javascript", "Two lines"),
    ],
)
def test_a_test_becomes_a_sentence(name: str, suites: tuple[str, ...], language: str, sentence: str) -> None:
    assert behaviour(name, suites, language) == sentence


@pytest.mark.parametrize(
    ("name", "language", "title"),
    [
        ("TestLogin", "python", "Login"),
        ("LoginTestCase", "python", "Login"),
        ("URLTestCase", "python", "URL"),
        ("Contest", "python", "Contest"),
        ("TestCase", "python", ""),
        ("res.json(object)", "javascript", "res.json(object)"),
        ("the cart", "typescript", "The cart"),
    ],
)
def test_a_suite_becomes_a_title(name: str, language: str, title: str) -> None:
    assert suite_name(name, language) == title


@given(NAMES, st.lists(NAMES, max_size=4).map(tuple), LANGUAGES)
def test_any_name_becomes_one_line_that_can_be_stored(name: str, suites: tuple[str, ...], language: str) -> None:
    sentence = behaviour(name, suites, language)

    assert len(sentence.splitlines()) == 1
    assert sentence == " ".join(sentence.split())
    assert 0 < len(sentence) <= LONGEST
    assert "\0" not in sentence
    sentence.encode()


def test_direction_marks_cannot_turn_a_sentence_around() -> None:
    assert one_line("safe\u202eelif\u2066") == "safeelif"


def test_a_long_name_keeps_what_happens() -> None:
    sentence = behaviour("closes the door", ("x" * 10_000,), "javascript")

    assert sentence.endswith(": closes the door")


@given(st.lists(st.sampled_from(["Works", "works", "Works (2)", "Fails"]), max_size=12))
def test_no_two_behaviours_of_a_feature_read_the_same(sentences: list[str]) -> None:
    numbered = unique(sentences)

    assert len({sentence.casefold() for sentence in numbered}) == len(sentences)
    assert all(new.startswith(old) for old, new in zip(sentences, numbered, strict=True))
