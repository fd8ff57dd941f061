"""The first paragraph of an outline: what there is, where most of it is, and what is not run."""

from collections import Counter
from collections.abc import Sequence

from fleet.specgen.document import Case, Domain, Subject, count_tests
from fleet.specgen.wording import Wording

_LARGEST = 3
_LANGUAGES = {
    "cpp": "C++",
    "csharp": "C#",
    "javascript": "JavaScript",
    "jsx": "JavaScript",
    "php": "PHP",
    "tsx": "TypeScript",
    "typescript": "TypeScript",
}
_FRAMEWORKS = {
    "cargo-test": "cargo test",
    "catch2": "Catch2",
    "cypress": "Cypress",
    "go-testing": "its testing package",
    "gtest": "GoogleTest",
    "jest": "Jest",
    "junit4": "JUnit 4",
    "junit5": "JUnit 5",
    "kotest": "Kotest",
    "mocha": "Mocha",
    "mstest": "MSTest",
    "node-test": "Node.js's test runner",
    "nunit": "NUnit",
    "pest": "Pest",
    "phpunit": "PHPUnit",
    "playwright": "Playwright",
    "rspec": "RSpec",
    "swift-testing": "Swift Testing",
    "testng": "TestNG",
    "vitest": "Vitest",
    "xctest": "XCTest",
    "xunit": "xUnit",
}


def overview_of(subject: Subject, cases: Sequence[Case], domains: Sequence[Domain], wording: Wording) -> str:
    files = len({case.file for case in cases})
    features = sum(len(domain.features) for domain in domains)
    sentences = [
        wording.has.format(
            repo=subject.repo,
            tests=wording.counted(len(cases), "test"),
            files=wording.counted(files, "file"),
            written=_written(cases, wording),
        ),
        (wording.describes if len(domains) > 1 else wording.describes_one).format(
            features=wording.counted(features, "feature"),
            areas=wording.counted(len(domains), "area"),
            largest=_largest(domains, wording),
        ),
        _not_run(cases, wording),
    ]
    return " ".join(filter(None, sentences))


def _written(cases: Sequence[Case], wording: Wording) -> str:
    frameworks: dict[str, Counter[str]] = {}
    for (language, framework), tests in Counter((case.language, case.framework) for case in cases).items():
        name = _LANGUAGES.get(language, language.capitalize())
        frameworks.setdefault(name, Counter())[_FRAMEWORKS.get(framework, framework)] += tests
    ordered = sorted(frameworks, key=lambda name: (-frameworks[name].total(), name))
    kinds = [
        wording.written_in.format(language=name, framework=wording.listed(_by_size(frameworks[name])))
        for name in ordered
    ]
    return wording.written.format(kinds=wording.listed(kinds))


def _by_size(sizes: Counter[str]) -> list[str]:
    return sorted(sizes, key=lambda name: (-sizes[name], name))


def _largest(domains: Sequence[Domain], wording: Wording) -> str:
    sizes = Counter({domain.name: count_tests(domain) for domain in domains})
    largest = [f"{name} ({wording.number(sizes[name])})" for name in _by_size(sizes)[:_LARGEST]]
    return wording.largest.format(names=wording.listed(largest))


def _not_run(cases: Sequence[Case], wording: Wording) -> str:
    statuses = Counter(case.status for case in cases)
    facts = [
        f"{wording.number(statuses[status])} {meaning}"
        for status, meaning in wording.not_run_kinds.items()
        if statuses[status]
    ]
    return wording.not_run.format(facts=wording.listed(facts)) if facts else ""
