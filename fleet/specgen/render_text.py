"""A document → lines of plain text for a terminal, which nothing in a name can steer."""

from collections.abc import Iterator

from fleet.specgen.document import Behaviour, Document, Domain, Feature
from fleet.specgen.outline.text import LONGEST, one_line
from fleet.specgen.render import LONGEST_OVERVIEW, counts_of, heading_of, only_path, short_commit
from fleet.specgen.wording import Wording, wording_of


def render_text(document: Document, *, at_most: int | None = None) -> str:
    """Return *document* as text, indented by what belongs to what; with *at_most* so many behaviours of a feature."""
    return "\n".join(_lines(document, at_most)) + "\n"


def _lines(document: Document, at_most: int | None) -> Iterator[str]:
    subject, wording = document.subject, wording_of(document.language)
    yield _shown(heading_of(subject))
    yield ""
    yield wording.at_commit.format(commit=_shown(short_commit(subject)), counts=counts_of(document, wording))
    if document.overview:
        yield ""
        yield _shown(document.overview, longest=LONGEST_OVERVIEW)
    for domain in document.domains:
        yield from _domain(domain, wording, at_most)


def _domain(domain: Domain, wording: Wording, at_most: int | None) -> Iterator[str]:
    yield ""
    yield _shown(domain.name)
    for feature in domain.features:
        yield from _feature(feature, wording, at_most)


def _feature(feature: Feature, wording: Wording, at_most: int | None) -> Iterator[str]:
    path = only_path(feature)
    yield ""
    yield f"  {_shown(feature.name)}" + ("" if path is None else f" ({_shown(path)})")
    if feature.stand_in:
        yield f"  {wording.stand_in}"
    for behaviour in feature.behaviours[:at_most]:
        yield f"    - {_shown(behaviour.sentence)} ({_remarks(behaviour, wording, path)})"
    left = len(feature.behaviours[:at_most]) - len(feature.behaviours)
    if left:
        yield f"    - {wording.more.format(number=wording.number(-left))}"


def _remarks(behaviour: Behaviour, wording: Wording, path: str | None) -> str:
    mark = wording.marks.get(behaviour.status)
    name = f"{behaviour.path.rsplit('/', 1)[-1]}:{behaviour.line}" if path is None else f"L{behaviour.line}"
    return f"{mark}, {_shown(name)}" if mark else _shown(name)


def _shown(text: str, *, longest: int = LONGEST) -> str:
    return one_line(text, longest=longest) or "…"
