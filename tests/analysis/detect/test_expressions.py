import time

import pytest

from fleet.analysis.detect.expression import is_found, is_readable


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        ("test", "/src/a.test.js"),
        (r"\.test\.js$", "/a.test.js"),
        (r"(/__tests__/.*|(\.|/)(test|spec))\.[jt]sx?$", "/src/__tests__/deep/a.js"),
        (r"(/__tests__/.*|(\.|/)(test|spec))\.[jt]sx?$", "/src/spec.tsx"),
        (r"(/__tests__/.*|(\.|/)(test|spec))\.[jt]sx?$", "/a.test.ts"),
        ("^/src/", "/src/a.js"),
        ("(^|/)e2e/", "/web/e2e/a.js"),
        ("/fix.*ures/", "/x/fixtures/a.js"),
        ("a+b", "/aaab"),
        ("(?:ab)+c", "/ababc"),
        ("ab?c", "/ac"),
        ("a.*?c", "/abc"),
        ("/a{2}/", "/aa/"),
        ("/a{2,3}/", "/aaa/"),
        ("/a{2,}/", "/aaaaa/"),
        ("/a{0,1}b/", "/b/"),
        ("/(ab){2}/", "/abab/"),
        (r"\d\w\s", "/1a "),
        (r"[^/]+\.js$", "/src/a.js"),
        (r"[\w.-]+$", "/a-b.c"),
        (r"[\]]", "/a]"),
        (r"a\-b", "/a-b"),
        (r"\D", "/1a"),
        ("", "/a"),
        ("a|", "/b"),
    ],
)
def test_an_expression_is_found(expression: str, path: str) -> None:
    assert is_found(expression, path)


@pytest.mark.parametrize(
    ("expression", "path"),
    [
        (r"\.test\.js$", "/a.test.jsx"),
        (r"\.test\.js$", "/axtest.js"),
        (r"(/__tests__/.*|(\.|/)(test|spec))\.[jt]sx?$", "/src/latest.ts"),
        ("^src/", "/src/a.js"),
        ("a.c", "/ac"),
        ("/a{2}/", "/a/"),
        ("/a{2,3}/", "/aaaa/"),
        ("/a{2,}/", "/a/"),
        ("/(ab){2}/", "/ab/"),
        ("[^/]", "/"),
        (r"[\w\-x]$", "/a.."),
        ("a$b", "/ab"),
        (".$.", "/a"),
    ],
)
def test_an_expression_is_not_found(expression: str, path: str) -> None:
    assert not is_found(expression, path)


@pytest.mark.parametrize(
    "expression",
    [
        "(?!a)",
        "(?<=a)",
        "(?=a)",
        r"(a)\1",
        r"\bword",
        "(",
        ")",
        "[a",
        "*",
        "a{500}",
        "a{0}",
        "(" * 30 + "a" + ")" * 30,
        "a" * 501,
        "(((a{20}){20}){20}){20}",
        r"[\D]",
        "\\",
    ],
)
def test_what_cannot_be_read_is_found_nowhere(expression: str) -> None:
    assert not is_readable(expression)
    assert not is_found(expression, "/a")


@pytest.mark.parametrize("expression", ["(a+)+b", "(a|a)*b", "(.*)*b", "(a?){20}(a?){20}a{20}b", "((a*)*)*b"])
def test_a_hostile_expression_is_answered_in_time_linear_in_the_path(expression: str) -> None:
    # Of this thread's own computing, which other processes do not lengthen.
    started = time.thread_time()
    assert not is_found(expression, "a" * 4000 + "c")
    assert time.thread_time() - started < 10
