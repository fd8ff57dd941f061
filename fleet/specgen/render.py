"""A document → Markdown, safe to show whatever the names in it hold."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from fleet.specgen.document import (
    Behaviour,
    Document,
    Domain,
    Feature,
    Status,
    Subject,
    count_behaviours,
    count_features,
)

_LONGEST = 300
_LONGEST_OVERVIEW = 4_000
_SHORT_COMMIT = 12

_MARKS: dict[Status, str] = {
    "active": "",
    "skipped": " *(skipped)*",
    "todo": " *(to be written)*",
    "focused": "",
    "xfail": " *(expected to fail)*",
}

# What means something to Markdown or HTML inside a line, and what turns text into a link.
_ACTIVE = re.compile(r"[\\`*_\[\]<>&#|~$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
# What makes a list, a rule or a heading of a line that starts with it.
_LEADING = re.compile(r"\A(\d{1,9})?([.)+=-])")


def render(document: Document) -> str:
    """Return *document* as Markdown; behaviours link to their test where the host is github.com."""
    return "\n".join(_lines(document)) + "\n"


def escaped(text: str, *, longest: int = _LONGEST) -> str:
    """Return one line that Markdown and HTML show as *text*, cut to a length that a page bears."""
    text = " ".join(text.split()) or "…"
    text = text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
    text = _ACTIVE.sub(lambda match: _ENTITIES.get(match[0], "\\" + match[0]), text)
    return _LEADING.sub(r"\1\\\2", text)


def _lines(document: Document) -> Iterator[str]:
    subject = document.subject
    yield f"# {_title(subject)}"
    yield ""
    yield f"Specification at commit {_commit(subject)}: {_counts(document)}."
    if document.overview:
        yield ""
        yield escaped(document.overview, longest=_LONGEST_OVERVIEW)
    for domain in document.domains:
        yield from _domain(subject, domain)


def _domain(subject: Subject, domain: Domain) -> Iterator[str]:
    yield ""
    yield f"## {escaped(domain.name)}"
    for feature in domain.features:
        yield from _feature(subject, feature)


def _feature(subject: Subject, feature: Feature) -> Iterator[str]:
    yield ""
    yield f"### {escaped(feature.name)}"
    yield ""
    for behaviour in feature.behaviours:
        yield f"- {escaped(behaviour.sentence)}{_MARKS[behaviour.status]}{_link(subject, behaviour)}"


def _title(subject: Subject) -> str:
    # A repository on the analyzer's own disk has a made-up owner; its reserved top-level domain says so.
    if subject.host.endswith(".localhost"):
        return escaped(subject.repo)
    return f"{escaped(subject.owner)}/{escaped(subject.repo)}"


def _counts(document: Document) -> str:
    behaviours = [b for domain in document.domains for feature in domain.features for b in feature.behaviours]
    counts = [
        (len(document.domains), "domain", "domains"),
        (count_features(document), "feature", "features"),
        (count_behaviours(document), "behaviour", "behaviours"),
    ]
    files = len({behaviour.file for behaviour in behaviours})
    counts.append((files, "file with tests", "files with tests"))
    return ", ".join(f"{number:,} {one if number == 1 else many}" for number, one, many in counts)


def _commit(subject: Subject) -> str:
    short = f"`{subject.commit[:_SHORT_COMMIT]}`"
    return f"[{short}]({_repository(subject)}/tree/{subject.commit})" if subject.host == "github.com" else short


def _link(subject: Subject, behaviour: Behaviour) -> str:
    place = f"{behaviour.path.rsplit('/', 1)[-1]}:{behaviour.line}"
    if subject.host != "github.com":
        return f" ({escaped(place)})"
    address = f"{_repository(subject)}/blob/{subject.commit}/{quote(behaviour.path)}#L{behaviour.line}"
    return f" ([{escaped(place)}]({address}))"


def _repository(subject: Subject) -> str:
    return f"https://github.com/{quote(subject.owner, safe='')}/{quote(subject.repo, safe='')}"
