"""Writes docs/examples/: the outlines of real repositories, each at a commit of its own.

    make examples ARGS="psf/requests"

Repositories are bare clones in the cache of the accuracy comparison; one that is missing is fetched, this commit and no
more. What comes out is the same on every machine, until a parser or the outline changes.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import anyio

from benchmarks.accuracy import CACHE, Clone, parse
from fleet.analysis.inventory import Suite, TestFile
from fleet.specgen.document import Case, Document, Subject, count_behaviours
from fleet.specgen.outline.whole import outline_of
from fleet.specgen.render import render

Group = TestFile | Suite

FOLDER = Path(__file__).parents[1] / "docs" / "examples"
# Documentation, and not a book: as many behaviours of each feature as fit.
LONGEST = 150_000
AT_MOST = (None, 20, 12, 8, 6, 5, 4, 3)
PINNED: Mapping[str, str] = MappingProxyType(
    {
        "Alamofire/Alamofire": "49ac8d0df6f9e72a68dcb58707fcd7275191aa7c",
        "Seldaek/monolog": "994fdcf4ce8e58f52a1ac27eb37d5a45892b81d7",
        "clap-rs/clap": "eee0675374dcf14ce3091e7219b12b8f046ec515",
        "expressjs/express": "21834a767ea9752ebdd3920ddbfd52c54c8bc3fa",
        "fmtlib/fmt": "01f05f9e3c5890908c9936b6fb4eac3be15abdea",
        "gin-gonic/gin": "3e704f50bee4ca95b8e35a45da8e5bd240ba856c",
        "google/gson": "9835b6f90192f79cdf5300c528fc6212455fb6c1",
        "psf/requests": "0e322af87745eff34caffe4df68456ebc20d9068",
        "sidekiq/sidekiq": "6499002411f8e07be336eee3051bda93c04141fd",
        "vuejs/pinia": "c736fce9e7509fc19cd9e29c8d03d5b8a49bc6b1",
    }
)


def header(repository: str, prompt_version: str, at_most: int | None) -> str:
    """Say where an example comes from."""
    command, commit = f'make examples ARGS="{repository}"', PINNED[repository]
    shown = "All behaviours are" if at_most is None else f"At most {at_most} behaviours of each feature are"
    return (
        f"<!-- Written by `{command}`: the outline, version {prompt_version}, of {repository} at {commit}.\n"
        f"     {shown} shown. -->\n\n"
    )


def name_of(repository: str) -> str:
    return f"{repository.replace('/', '-')}.md"


async def write(repository: str) -> Document:
    commit = PINNED[repository]
    clone = Clone(CACHE / f"{repository}.git")
    await clone.obtain(repository, commit)
    files = [file for file in await parse(clone, commit) if isinstance(file, TestFile)]
    cases = [case for number, file in enumerate(files, 1) for case in _cases(number, file)]
    owner, repo = repository.split("/")
    subject = Subject(
        analysis=1, codebase=1, host="github.com", owner=owner, repo=repo, commit=commit, tests=len(cases)
    )
    document = await outline_of(subject, cases)
    await anyio.Path(FOLDER / name_of(repository)).write_text(_fitting(repository, document), encoding="utf-8")
    return document


def _fitting(repository: str, document: Document) -> str:
    texts = (
        header(repository, document.prompt_version, at_most) + render(document, at_most=at_most) for at_most in AT_MOST
    )
    return next(text for text in texts if len(text.encode()) <= LONGEST)


def _cases(number: int, file: TestFile) -> Sequence[Case]:
    """Put the tests of a file in the order in which a job reads them."""
    found = [
        Case(
            file=number,
            test=test,
            path=file.path,
            language=file.language,
            framework=file.framework,
            suites=suites,
            name=one.name,
            status=one.status,
            line=one.location.line,
        )
        for test, (suites, one) in enumerate(
            ((suites, one) for suites, group in _groups(file) for one in group.tests), start=1
        )
    ]
    return sorted(found, key=lambda case: (case.line, case.test))


def _groups(
    group: TestFile | Suite, suites: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], TestFile | Suite]]:
    yield suites, group
    for suite in group.suites:
        yield from _groups(suite, (*suites, suite.name))


async def main(repositories: Sequence[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    for repository in repositories or PINNED:
        document = await write(repository)
        print(f"{name_of(repository)}: {count_behaviours(document):,} behaviours")  # noqa: T201  # a script's output


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="*", choices=[[], *PINNED], metavar="OWNER/REPO")
    anyio.run(main, parser.parse_args().repositories)
