"""A document → Markdown, safe to show whatever the names in it hold."""

import re
from collections.abc import Iterator

from fleet.specgen.document import Behaviour, Document, Domain, Feature, Subject, count_behaviours, count_features
from fleet.specgen.links import commit_url, file_url
from fleet.specgen.outline.text import LONGEST, one_line
from fleet.specgen.spans import spans
from fleet.specgen.wording import Wording, wording_of

LONGEST_OVERVIEW = 4_000
_SHORT_COMMIT = 12

# What means something to Markdown or HTML inside a line, and what turns text into a link.
_ACTIVE = re.compile(r"[\\`*_\[\]<>&#|~$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
# What makes a list, a rule or a heading of a line that starts with it.
_LEADING = re.compile(r"\A(\d{1,9})?([.)+=-])")


def render(document: Document, *, at_most: int | None = None) -> str:
    """Return *document* as Markdown, with *at_most* so many behaviours of a feature.

    Behaviours link to their test where the host's pages are known.
    """
    return "\n".join(_lines(document, at_most)) + "\n"


def escaped(text: str, *, longest: int = LONGEST) -> str:
    """Return one line that Markdown and HTML show as *text*, cut to a length that a page bears."""
    text = one_line(text, longest=longest) or "…"
    return _LEADING.sub(r"\1\\\2", _inactive(text))


def told(sentence: str) -> str:
    """Return *sentence* as one line of Markdown, in which the names of the code are set as such."""
    text = one_line(sentence) or "…"
    parts = [f"`{span.text}`" if span.code else _inactive(span.text) for span in spans(text)]
    return _LEADING.sub(r"\1\\\2", "".join(parts))


def heading_of(subject: Subject) -> str:
    # A repository on the analyzer's own disk has a made-up owner; its reserved top-level domain says so.
    return subject.repo if subject.host.endswith(".localhost") else f"{subject.owner}/{subject.repo}"


def short_commit(subject: Subject) -> str:
    return subject.commit[:_SHORT_COMMIT]


def counts_of(document: Document, wording: Wording) -> str:
    behaviours = [b for domain in document.domains for feature in domain.features for b in feature.behaviours]
    counts = [
        wording.counted(len(document.domains), "domain"),
        wording.counted(count_features(document), "feature"),
        wording.counted(count_behaviours(document), "behaviour"),
        wording.counted(len({behaviour.file for behaviour in behaviours}), "test file"),
    ]
    return ", ".join(counts)


def only_path(feature: Feature) -> str | None:
    """Return the file that all behaviours of *feature* are in, if it is one."""
    paths = {behaviour.path for behaviour in feature.behaviours}
    return paths.pop() if len(paths) == 1 else None


def _inactive(text: str) -> str:
    return _ACTIVE.sub(lambda match: _ENTITIES.get(match[0], "\\" + match[0]), text)


def _lines(document: Document, at_most: int | None) -> Iterator[str]:
    subject, wording = document.subject, wording_of(document.language)
    yield f"# {escaped(heading_of(subject))}"
    yield ""
    commit = link(f"`{short_commit(subject)}`", commit_url(subject))
    yield wording.at_commit.format(commit=commit, counts=counts_of(document, wording))
    if document.overview:
        yield ""
        yield escaped(document.overview, longest=LONGEST_OVERVIEW)
    for domain in document.domains:
        yield from _domain(subject, domain, wording, at_most)


def _domain(subject: Subject, domain: Domain, wording: Wording, at_most: int | None) -> Iterator[str]:
    yield ""
    yield f"## {told(domain.name)}"
    for feature in domain.features:
        yield from _feature(subject, feature, wording, at_most)


def _feature(subject: Subject, feature: Feature, wording: Wording, at_most: int | None) -> Iterator[str]:
    yield ""
    yield f"### {told(feature.name)}"
    path = only_path(feature)
    if path is not None:
        yield ""
        yield link(escaped(path), file_url(subject, path))
    if feature.stand_in:
        yield ""
        yield f"*{wording.stand_in}*"
    yield ""
    for behaviour in feature.behaviours[:at_most]:
        yield f"- {told(behaviour.sentence)}{_mark(behaviour, wording)} ({_place(subject, behaviour, path)})"
    left = len(feature.behaviours[:at_most]) - len(feature.behaviours)
    if left:
        yield f"- *{wording.more.format(number=wording.number(-left))}*"


def _mark(behaviour: Behaviour, wording: Wording) -> str:
    mark = wording.marks.get(behaviour.status)
    return f" *({mark})*" if mark else ""


def _place(subject: Subject, behaviour: Behaviour, path: str | None) -> str:
    name = f"{behaviour.path.rsplit('/', 1)[-1]}:{behaviour.line}" if path is None else f"L{behaviour.line}"
    return link(escaped(name), file_url(subject, behaviour.path, behaviour.line))


def link(text: str, address: str | None) -> str:
    """Link *text*, which is Markdown, to *address* if there is one."""
    return text if address is None else f"[{text}]({address})"
