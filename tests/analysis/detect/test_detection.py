from collections.abc import Iterable

import pytest

from fleet.analysis.detect.detection import detect
from fleet.analysis.detect.framework import Facts, Rank
from fleet.analysis.detect.scope import Scope, Scopes

_LANGUAGES = frozenset({"javascript"})
ALPHA = Facts(name="alpha", languages=_LANGUAGES, imports=("alpha", "alpha/*"), markers=("alpha.*",))
BETA = Facts(name="beta", languages=_LANGUAGES, imports=("beta",), exceptions=("beta/mock",), suffixes=(".be.js",))
FIRST = Facts(
    name="zeta",
    languages=_LANGUAGES,
    rank=Rank.SPECIALISED,
    imports=("zeta", "z/*/testing"),
    markers=("alpha.spy",),
    shared=("describe",),
    guesses=("zet*",),
    usual=("**/test/**",),
)
OTHER = Facts(name="other", languages=frozenset({"python"}), imports=("alpha",), markers=("alpha.*",))


class Shown:
    """Evidence that is known beforehand."""

    def __init__(self, imports: Iterable[str] = (), types: Iterable[str] = (), names: Iterable[str] = ()) -> None:
        self._imports, self._types, self._names = imports, types, names

    def imports(self) -> Iterable[str]:
        return self._imports

    def type_imports(self) -> Iterable[str]:
        return self._types

    def names(self) -> Iterable[str]:
        return self._names


def found(path: str, shown: Shown, *scopes: Scope, named: bool = True) -> str | None:
    detected = detect(path, "javascript", shown, Scopes(scopes), [OTHER, BETA, ALPHA, FIRST], named=named)
    return None if detected is None else f"{detected.framework}{'?' if detected.guessed else ''}"


def test_an_import_comes_before_every_other_signal() -> None:
    scope = Scope("zeta", "zeta.config", "", ("",))

    assert found("a.be.js", Shown(imports=["x", "alpha/globals"], names=["zeta.y"]), scope) == "alpha"


def test_what_a_program_loads_comes_before_what_it_takes_types_from() -> None:
    assert found("a.js", Shown(imports=["alpha"], types=["zeta"])) == "alpha"


def test_types_alone_tell_the_framework_too() -> None:
    assert found("a.js", Shown(types=["beta"])) == "beta"


def test_a_strong_name_comes_before_a_scope() -> None:
    assert found("a.BE.js", Shown(), Scope("alpha", "alpha.config", "", ("",))) == "beta"


def test_a_scope_comes_before_what_the_content_looks_like() -> None:
    assert found("a.js", Shown(names=["alpha.fn"]), Scope("beta", "beta.config", "", ("",))) == "beta"


def test_the_content_tells_when_nothing_else_does() -> None:
    assert found("a.js", Shown(names=["x.y", "alpha.fn"])) == "alpha"


def test_a_frameworks_own_marker_comes_before_those_that_it_shares() -> None:
    assert found("a.js", Shown(names=["describe", "alpha.fn"])) == "alpha"
    assert found("a.js", Shown(names=["describe"])) == "zeta"


def test_a_guess_comes_after_every_other_signal_and_is_told_as_one() -> None:
    assert found("a.js", Shown(names=["zet", "alpha.fn"])) == "alpha"
    assert found("a.js", Shown(names=["zet", "describe"])) == "zeta"
    assert found("a.js", Shown(names=["zet"])) == "zeta?"


def test_the_more_specialised_framework_is_asked_first() -> None:
    assert found("a.js", Shown(imports=["alpha", "zeta"])) == "zeta"
    assert found("a.js", Shown(names=["alpha.spy"])) == "zeta"


def test_an_import_that_says_nothing_is_passed_over() -> None:
    assert found("a.js", Shown(imports=["beta/mock"])) is None


def test_frameworks_of_other_languages_are_never_asked() -> None:
    assert found("a.js", Shown(), Scope("other", "other.config", "", ("",))) is None


def test_without_a_signal_a_file_belongs_to_nobody() -> None:
    assert found("a.js", Shown(imports=["fs"], names=["x.y"])) is None


NEAR = Scope("alpha", "web/alpha.config", "web", ("web",))
FAR = Scope("beta", "beta.config", "", ("",))


@pytest.mark.parametrize(("path", "framework"), [("web/a.js", "alpha"), ("webb/a.js", "beta"), ("a.js", "beta")])
def test_the_nearest_scope_wins(path: str, framework: str) -> None:
    assert found(path, Shown(), FAR, NEAR) == framework


def test_of_scopes_about_one_folder_the_longer_name_wins() -> None:
    assert found("a.js", Shown(), FAR, Scope("alpha", "long-alpha.config", "", ("",))) == "alpha"


def test_a_scope_that_excludes_a_file_leaves_it_to_the_next() -> None:
    near = Scope("alpha", "web/alpha.config", "web", ("web",), exclude=("e2e/**",))

    assert found("web/e2e/a.js", Shown(), FAR, near) == "beta"


def test_a_scope_claims_only_what_it_includes_below_its_roots() -> None:
    scope = Scope("alpha", "alpha.config", "", ("src", "lib"), include=("**/*.unit.js",))

    assert [found(path, Shown(), scope) for path in ("src/a.unit.js", "lib/x/a.unit.js", "a.unit.js", "src/a.js")] == [
        "alpha",
        "alpha",
        None,
        None,
    ]


def test_a_root_outside_of_the_folder_is_looked_in_too() -> None:
    scope = Scope("alpha", "web/alpha.config", "web", ("shared",), include=("*.js",))

    assert [found(path, Shown(), scope) for path in ("shared/a.js", "web/a.js")] == ["alpha", None]


def test_globs_are_seen_from_the_folder_and_not_from_its_roots() -> None:
    scope = Scope("alpha", "web/alpha.config", "web", ("web/src",), include=("src/*.js",), exclude=("src/b.js",))

    assert [found(f"web/src/{name}", Shown(), scope) for name in ("a.js", "b.js", "x/a.js")] == ["alpha", None, None]


def test_a_scope_may_say_what_it_claims_by_expressions() -> None:
    scope = Scope("alpha", "web/alpha.config", "web", ("web",), matching=("^/src/", "[.]it$"), ignoring=("/old/",))

    assert [found(f"web/{path}", Shown(), scope) for path in ("src/a.js", "a.it", "a.js", "src/old/a.js")] == [
        "alpha",
        "alpha",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("scope", "framework"),
    [
        (Scope("alpha", "alpha.config", "", ("",)), None),
        (Scope("alpha", "alpha.config", "", ("",), include=("lib/*",)), "alpha"),
        (Scope("alpha", "alpha.config", "", ("",), matching=("lib",)), "alpha"),
        (Scope("alpha", "alpha.config", "", ("",), also=("lib/*",)), "alpha"),
        (Scope("alpha", "alpha.config", "", ("",), also=("other/*",)), None),
    ],
)
def test_a_file_that_is_no_test_by_its_name_is_claimed_only_by_a_pattern(scope: Scope, framework: str | None) -> None:
    assert found("lib/a.js", Shown(), scope, named=False) == framework


@pytest.mark.parametrize("shown", [Shown(imports=["zeta"]), Shown(types=["zeta"]), Shown(names=["alpha.spy"])])
def test_signals_make_a_file_a_test_only_where_the_framework_looks(shown: Shown) -> None:
    assert [found(path, shown, named=False) for path in ("web/test/a.js", "web/lib/a.js")] == ["zeta", None]


@pytest.mark.parametrize(
    ("module", "framework"), [("z/1.2/testing", "zeta"), ("z//testing", "zeta"), ("z/testing", None), ("z/1", None)]
)
def test_a_star_in_a_module_stands_for_any_text(module: str, framework: str | None) -> None:
    assert found("a.js", Shown(imports=[module])) == framework
