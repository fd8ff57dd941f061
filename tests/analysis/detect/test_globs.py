import time

import pytest

from fleet.analysis.detect.glob import glob_matches


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("a.js", "a.js"),
        ("./a.js", "a.js"),
        ("*.js", "a.js"),
        ("a?.js", "ab.js"),
        ("src/*.js", "src/a.js"),
        ("**", "src/deep/a.js"),
        ("**/*.js", "a.js"),
        ("**/*.js", "src/deep/a.js"),
        ("src/**", "src/deep/a.js"),
        ("src/**/a.js", "src/a.js"),
        ("src/**/a.js", "src/x/y/a.js"),
        ("*.{js,ts}", "a.ts"),
        ("{src,test}/**/*.{test,spec}.ts", "test/x/a.spec.ts"),
        ("{a,b{c,d}}", "bd"),
        ("*.[jt]s", "a.ts"),
        ("[a-c]", "b"),
        ("[!a-c]", "d"),
        ("[^a]", "b"),
        ("**/?(*.)+(spec|test).[jt]s?(x)", "src/a.spec.tsx"),
        ("**/?(*.)+(spec|test).[jt]s?(x)", "test.js"),
        ("@(a|b).js", "b.js"),
        ("*(ab).js", "ababab.js"),
        ("!(a).js", "b.js"),
        ("\\*.js", "*.js"),
        ("a.js}", "a.js}"),
        ("[", "["),
    ],
)
def test_a_path_matches(glob: str, path: str) -> None:
    assert glob_matches(glob, path)


@pytest.mark.parametrize(
    ("glob", "path"),
    [
        ("a.js", "ab.js"),
        ("*.js", "src/a.js"),
        ("a?.js", "a/.js"),
        ("src/**", "lib/a.js"),
        ("src/**/a.js", "src/xa.js"),
        ("*.{js,ts}", "a.css"),
        ("[!a-c]", "b"),
        ("[!a]", "/"),
        ("@(a|b).js", "ab.js"),
        ("+(a).js", ".js"),
        ("(a", "a"),
        ("{a", "a"),
        ("@(a", "a"),
        ("a" * 501, "a" * 501),
    ],
)
def test_a_path_does_not_match(glob: str, path: str) -> None:
    assert not glob_matches(glob, path)


@pytest.mark.parametrize("glob", ["*a" * 100 + "b", "**/" * 100 + "b", "+(+(+(+(a))))b", "{a,{a,{a,{a,b}}}}" * 20])
def test_a_hostile_glob_is_answered_in_time_linear_in_the_path(glob: str) -> None:
    started = time.monotonic()
    assert not glob_matches(glob, "a" * 4000 + "c")
    assert time.monotonic() - started < 10
