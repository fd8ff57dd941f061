"""Decides which framework a file belongs to; the first signal that matches wins."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from fleet.analysis.detect.framework import Facts, covers
from fleet.analysis.detect.glob import glob_matches
from fleet.analysis.detect.scope import Scopes


class Evidence(Protocol):
    """What the syntax tree of a file shows; each question may cost a walk over the tree."""

    def imports(self) -> Iterable[str]:
        """Return the modules the program loads."""

    def type_imports(self) -> Iterable[str]:
        """Return the modules of which it uses only types."""

    def names(self) -> Iterable[str]:
        """Return the names it uses: ``jest.fn``, ``pytest.mark``, ``suite``."""


class Detected(NamedTuple):
    """A framework by its name; what is only *guessed* holds if there are tests in the file."""

    framework: str
    guessed: bool = False


def detect(
    path: str, language: str, evidence: Evidence, scopes: Scopes, frameworks: Sequence[Facts], *, named: bool = True
) -> Detected | None:
    """Return the framework the file at *path* belongs to, if it belongs to one.

    A file that is no test by its name, *named*, belongs only to a framework that looks for tests in such files.
    """
    ordered = sorted((f for f in frameworks if language in f.languages), key=lambda facts: (facts.rank, facts.name))
    asked = ordered if named else [facts for facts in ordered if any(glob_matches(each, path) for each in facts.usual)]
    found = (
        _imported(evidence.imports(), asked)
        or _imported(evidence.type_imports(), asked)
        or _named(path, asked)
        or scopes.framework_of(path, {facts.name for facts in ordered}, named=named)
    )
    return _marked(evidence, asked) if found is None else Detected(found)


def _imported(modules: Iterable[str], ordered: Sequence[Facts]) -> str | None:
    loaded = list(modules)
    for facts in ordered:
        if any(covers(facts.imports, module) and not covers(facts.exceptions, module) for module in loaded):
            return facts.name
    return None


def _named(path: str, ordered: Sequence[Facts]) -> str | None:
    return next((facts.name for facts in ordered if path.lower().endswith(facts.suffixes)), None)


def _marked(evidence: Evidence, ordered: Sequence[Facts]) -> Detected | None:
    if not any(facts.markers for facts in ordered):
        return None
    names = set(evidence.names())
    by_own = (Detected(facts.name) for facts in ordered if any(covers(facts.markers, name) for name in names))
    by_shared = (Detected(facts.name) for facts in ordered if any(covers(facts.shared, name) for name in names))
    guesses = (facts for facts in ordered if any(covers(facts.guesses, name) for name in names))
    by_guess = (Detected(facts.name, guessed=True) for facts in guesses)
    return next(by_own, None) or next(by_shared, None) or next(by_guess, None)
