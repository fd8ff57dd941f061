"""Names of tests as sentences that a product person reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.specgen.outline.sentence import behaviour, suite_name
from fleet.specgen.outline.text import LONGEST, one_line, unique
from fleet.specgen.outline.words import sentence_of, words_of
from fleet.specgen.wording import wording_of

LANGUAGES = st.sampled_from(["python", "go", "javascript", "typescript", "java", "rust", "ruby", "csharp"])
WORD_LIST = """
test it that should must not be have been able to never only and or then when given add adds fail 404 http 1 2 issue gh
python doesn t don't is the a json (dynamic cases) , : . ValueError throws IOException
"""
WORDS = WORD_LIST.split()
# Names as people write them, and names as nobody does.
NAMES = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
    st.lists(st.sampled_from(WORDS), max_size=8).map("_".join),
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
        ("idna_without_utf_encodings", "IDNA without UTF encodings"),
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
        ("prüftÜberlauf", "Prüft überlauf"),
        ("検索できる", "検索できる"),
        ("guessJSONURL", "Guess JSON URL"),
        ("DatabaseMySqlConnection", "Database MySQL connection"),
        ("throwsIOExceptionWhenClosed", "Throws IOException when closed"),
        ("ThrowsInvalidArgumentException", "Throws InvalidArgumentException"),
        ("throwsExceptionIfNull", "Throws exception if null"),
        ("keeps_Type_of_ValueError", "Keeps type of ValueError"),
        ("shouldVerifyInvocation_eq_raw", "Should verify invocation eq raw"),
    ],
)
def test_an_identifier_becomes_words(identifier: str, sentence: str) -> None:
    assert sentence_of(words_of(identifier)) == sentence


@pytest.mark.parametrize(
    ("identifier", "sentence"),
    [
        ("runs_on_python_3_11", "Runs on Python 3.11"),
        ("speaks_http_1_1", "Speaks HTTP/1.1"),
        ("speaks_http2", "Speaks HTTP/2"),
        ("tls_1_3_only", "TLS 1.3 only"),
        ("v1beta1_api", "v1beta1 API"),
        ("clientv3", "Client v3"),
        ("ServesH2c", "Serves h2c"),
        ("i18n_of_k8s", "I18n of k8s"),
        ("x509_and_pcre2", "X509 and pcre2"),
        ("issue_1234_crash", "Issue #1234 crash"),
        ("Issue2565", "Issue #2565"),
        ("gh_123", "GH-123"),
        ("GH123", "GH-123"),
        ("takes_3_arguments", "Takes 3 arguments"),
        ("2nd_call", "2nd call"),
    ],
)
def test_numbers_stay_with_what_they_count_or_name(identifier: str, sentence: str) -> None:
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
        ("FuzzDecode", (), "go", "Fuzzing: decode"),
        ("BenchmarkPathClean", (), "go", "Benchmark: path clean"),
        ("TestAddRoute", (), "go", "Add route"),
        ("ExampleServer_Close", (), "go", "Example \u203a Server: close"),
        ("returns 200", ("when logged in",), "javascript", "When logged in: returns 200"),
        ("should keep GET /users as it is.", (), "typescript", "Keeps GET /users as it is"),
        ("A or B", ("choice",), "typescript", "Choice: A or B"),
        ("useFetch", (), "javascript", "useFetch"),
        ("works", ("UserService", ".use()"), "javascript", "UserService.use(): works"),
        ("adds %i and ${b}", (), "javascript", "Adds … and …"),
        ("keeps $attrs at 100%", (), "javascript", "Keeps $attrs at 100%"),
        ("(dynamic)", ("add",), "javascript", "Add: cases named at run time"),
        ("adds (dynamic cases)", (), "javascript", "Adds (several cases)"),
        ("", (), "python", "Cases named at run time"),
        ("two\nlines", (), "javascript", "Two lines"),
        ("rejects $name (dynamic cases)", (), "javascript", "Rejects … (several cases)"),
        ("rejects #{name}", (), "ruby", "Rejects …"),
        ("stops", ("with: $name (dynamic cases)",), "javascript", "With: …: stops"),
        ("Adds_Numbers(1, 2)", (), "csharp", "Adds: numbers (1, 2)"),
        ("add(1, 2)", (), "javascript", "add(1, 2)"),
        ("test_0001_keeps order", (), "ruby", "Keeps order"),
        (
            "Add_EmptyString_ReturnsZero",
            ("CalculatorTests",),
            "csharp",
            "Calculator \u203a Add \u203a Empty string: returns zero",
        ),
        ("works", ("tests",), "rust", "Works"),
        ("copies all", ("copies",), "javascript", "Copies all"),
        ("copies", ("copies",), "javascript", "Copies"),
        ("works", ("cart", "Cart"), "javascript", "Cart: works"),
        ("supports json, html and xml", (), "ruby", "Supports JSON, HTML and XML"),
        ("reads 'json' and a.json", (), "ruby", "Reads 'json' and a.json"),
        ("#1234 crash on empty url", (), "ruby", "#1234 crash on empty URL"),
        ("検索できる。", (), "javascript", "検索できる"),
        ("sollte leere Listen ablehnen", (), "javascript", "Sollte leere Listen ablehnen"),
    ],
)
def test_a_test_becomes_a_sentence(name: str, suites: tuple[str, ...], language: str, sentence: str) -> None:
    assert behaviour(name, suites, language) == sentence


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("should return a value", "Returns a value"),
        ("must apply it", "Applies it"),
        ("it should catch errors", "Catches errors"),
        ("should be empty", "Is empty"),
        ("should not be empty", "Is not empty"),
        ("should have been called", "Has been called"),
        ("should not crash", "Does not crash"),
        ("shouldn't crash", "Does not crash"),
        ("should never crash", "Never crashes"),
        ("should no longer be shown", "Is no longer shown"),
        ("should only call once", "Only calls once"),
        ("should correctly parse, and not crash", "Correctly parses, and not crash"),
        ("should set the header and return it", "Sets the header and returns it"),
        ("should set it and not return it", "Sets it and does not return it"),
        ("should be able to log in", "Can log in"),
        ("should not be able to log in", "Cannot log in"),
        ("should 404 on missing user", "Responds with 404 on missing user"),
        ("should fallback to GET", "Falls back to GET"),
        ("should re-route", "Re-routes"),
        ("should supply a default", "Supplies a default"),
        ("should outlive components", "Outlives components"),
        ("should enable it and survive", "Enables it and survives"),
        ("should formatting URL before redirect", "Should formatting URL before redirect"),
        ("should Content-Disposition to attachment", "Should Content-Disposition to attachment"),
        ("not be null", "Is not null"),
        ("be of type string", "Is of type string"),
        ("the request should fail", "The request fails"),
        ("keys should be unique", "Keys should be unique"),
        ("test that it works", "Works"),
        ("that maps are kept", "Maps are kept"),
        ("verify that it should also work", "Also works"),
        ("test future is completed", "Future is completed"),
        ("test files are found", "Test files are found"),
        ("it returns null", "Returns null"),
        ("do not panic", "Does not panic"),
        ("don't panic", "Doesn't panic"),
        ("cannot log in", "Cannot log in"),
        ("parse the header", "Parses the header"),
        ("return the receiver", "Returns the receiver"),
        ("return value is kept", "Return value is kept"),
        ("parse returns null", "Parse returns null"),
        ("add route fails", "Add route fails"),
        ("create and delete users", "Create and delete users"),
        ("parse error message", "Parse error message"),
        ("fail for a null value", "Fails for a null value"),
    ],
)
def test_a_duty_or_an_order_becomes_a_statement(name: str, statement: str) -> None:
    assert behaviour(name, (), "ruby") == statement
    assert behaviour(name[0].upper() + name[1:], (), "kotlin") == statement


@pytest.mark.parametrize(
    ("name", "language", "sentence"),
    [
        (
            "given_empty_cart_when_adding_then_total_is_kept",
            "python",
            "Given empty cart, when adding, then total is kept",
        ),
        ("givenEmptyCart_whenAdding_thenTotalIsKept", "java", "Given empty cart, when adding, then total is kept"),
        ("When_a_rule_is_added_it_should_be_used", "csharp", "When a rule is added, it is used"),
        ("when paid then the order should ship", "kotlin", "When paid, then the order ships"),
        ("shouldReturnNullWhenMissing", "java", "Returns null when missing"),
        ("should_return_null_when_missing", "python", "Returns null when missing"),
    ],
)
def test_given_when_and_then_are_set_apart(name: str, language: str, sentence: str) -> None:
    assert behaviour(name, (), language) == sentence


def test_the_words_around_a_name_are_in_the_language_of_the_document() -> None:
    assert behaviour("(dynamic)", (), "javascript", wording_of("de")) == "Fälle, die erst zur Laufzeit heißen"
    assert behaviour("adds (dynamic cases)", (), "javascript", wording_of("Deutsch")) == "Adds (mehrere Fälle)"


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
        ("error-pages", "javascript", "Error pages"),
        ("mvc", "javascript", "MVC"),
        ("useFetch", "javascript", "useFetch"),
        ("TupleSpecs", "csharp", "Tuple"),
        ("File Tests", "swift", "File"),
        ("tests", "rust", ""),
    ],
)
def test_a_suite_becomes_a_title(name: str, language: str, title: str) -> None:
    assert suite_name(name, language) == title


@given(NAMES, st.lists(NAMES, max_size=4).map(tuple), LANGUAGES)
def test_any_name_becomes_one_line_that_can_be_stored(name: str, suites: tuple[str, ...], language: str) -> None:
    sentence = behaviour(name, suites, language)

    assert behaviour(name, suites, language) == sentence
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
