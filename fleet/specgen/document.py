"""A specification document, and the tests it is written from."""

from typing import Literal

import msgspec

Status = Literal["active", "skipped", "todo", "focused", "xfail"]


class Subject(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The analysis a document is written from; *maker* is whose software its host runs, if not by its name."""

    analysis: int
    codebase: int
    host: str
    owner: str
    repo: str
    commit: str
    tests: int
    maker: str | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One test of the analysis; *suites* are the names around it, outermost first."""

    file: int
    test: int
    path: str
    language: str
    framework: str
    suites: tuple[str, ...]
    name: str
    status: Status
    line: int


class Place(msgspec.Struct, frozen=True):
    """Where a test stands in a document."""

    domain: str
    feature: str


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What one test shows, in a sentence; *file* and *test* are that test's keys in the analysis."""

    sentence: str
    file: int
    test: int
    path: str
    line: int
    status: Status


class Feature(msgspec.Struct, frozen=True):
    """Tests that belong together; of a *stand_in* the model has failed, and the outline wrote some of it."""

    name: str
    behaviours: tuple[Behaviour, ...]
    stand_in: bool = False


class Domain(msgspec.Struct, frozen=True):
    name: str
    features: tuple[Feature, ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A whole specification in one language, as it is saved and shown."""

    subject: Subject
    language: str
    model: str
    prompt_version: str
    overview: str
    domains: tuple[Domain, ...]


def count_tests(domain: Domain) -> int:
    return sum(len(feature.behaviours) for feature in domain.features)


def count_features(document: Document) -> int:
    return sum(len(domain.features) for domain in document.domains)


def count_behaviours(document: Document) -> int:
    return sum(map(count_tests, document.domains))
