"""What changed between two documents → Markdown, a page of HTML, or lines at a prompt."""

from collections.abc import Iterator

from fleet.specgen.changes import Change, Comparison, Line, Standing, counts_of, parts_of
from fleet.specgen.document import Subject
from fleet.specgen.links import commit_url, file_url
from fleet.specgen.outline.text import one_line
from fleet.specgen.render import escaped, heading_of, link, short_commit, told
from fleet.specgen.render_html import head, linked, sentence_of, text_of
from fleet.specgen.wording import Wording, wording_of

# At a prompt all of a path and of a sentence is wanted, but not of one that is a page.
_LONGEST_PART = 1_000
_SIGNS = {"added": "+", "removed": "-", "reworded": "~", "moved": ">", "status": "!"}


def render_changes(comparison: Comparison) -> str:
    """Return *comparison* as Markdown."""
    return "\n".join(_markdown(comparison, wording_of(comparison.language))) + "\n"


def render_changes_html(comparison: Comparison) -> str:
    """Return *comparison* as a page like a document's."""
    return "\n".join(_page(comparison, wording_of(comparison.language))) + "\n"


def render_changes_text(comparison: Comparison) -> str:
    """Return one line for each change, for people at a prompt and for grep."""
    return "".join(f"{_text(change)}\n" for change in comparison.changes)


def _markdown(comparison: Comparison, wording: Wording) -> Iterator[str]:
    yield f"# {escaped(heading_of(comparison.after))}"
    yield ""
    before = _version(
        comparison.version_before, link(f"`{short_commit(comparison.before)}`", commit_url(comparison.before))
    )
    after = _version(
        comparison.version_after, link(f"`{short_commit(comparison.after)}`", commit_url(comparison.after))
    )
    yield f"{wording.compared.format(before=before, after=after)}: {counts_of(comparison)}."
    for part in parts_of(comparison):
        yield ""
        yield f"## {part.title}"
        for feature, lines in part.features.items():
            yield ""
            yield f"### {told(feature)}"
            yield ""
            for line in lines:
                remark = f" ({told(line.remark)})" if line.remark else ""
                place = f" ({link(escaped(_name(line.at)), _address(line))})" if line.at else ""
                yield f"- {told(line.sentence)}{remark}{place}"


def _page(comparison: Comparison, wording: Wording) -> Iterator[str]:
    name = heading_of(comparison.after)
    before, after = _commit(comparison.before), _commit(comparison.after)
    compared = wording.compared.format(
        before=_version(comparison.version_before, before), after=_version(comparison.version_after, after)
    )
    yield from head(f"{name}: {wording.specification}", wording)
    yield "<body><header>"
    yield f"<h1>{text_of(name)}</h1>"
    yield f'<p class="soft">{compared}: {counts_of(comparison)}.</p>'
    yield '</header><main id="content">'
    for part in parts_of(comparison):
        yield f"<section><h2>{part.title}</h2>"
        for feature, lines in part.features.items():
            yield f"<section><h3>{sentence_of(feature)}</h3><ul>"
            yield from map(_item, lines)
            yield "</ul></section>"
        yield "</section>"
    yield "</main></body></html>"


def _item(line: Line) -> str:
    remark = f' <span class="soft">({sentence_of(line.remark)})</span>' if line.remark else ""
    place = linked(text_of(_name(line.at)), _address(line), "at") if line.at else ""
    return f"<li><bdi>{sentence_of(line.sentence)}</bdi>{remark}{place}</li>"


def _commit(subject: Subject) -> str:
    return linked(f"<code>{text_of(short_commit(subject))}</code>", commit_url(subject))


def _version(number: int, commit: str) -> str:
    return f"{number} ({commit})"


def _text(change: Change) -> str:
    now, was = change.after, change.before
    standing = now or was
    if standing is None:
        return _SIGNS[change.kind]
    remarks: list[str] = []
    if now and was and now.sentence != was.sentence:
        remarks.append(f"was: {was.sentence}")
    if now and was and (now.domain, now.feature) != (was.domain, was.feature):
        remarks.append(f"was in {was.domain} / {was.feature}")
    if now and was and now.status != was.status:
        remarks.append(f"{was.status} before, {now.status} now")
    parts = [
        f"{_SIGNS[change.kind]} {standing.path}:{standing.line}",
        f"{standing.domain} / {standing.feature}: {standing.sentence}",
        *([f"({'; '.join(remarks)})"] if remarks else []),
    ]
    return "  ".join(one_line(part, longest=_LONGEST_PART) for part in parts)


def _name(standing: Standing) -> str:
    return f"{standing.path.rsplit('/', 1)[-1]}:{standing.line}"


def _address(line: Line) -> str | None:
    return None if line.at is None else file_url(line.subject, line.at.path, line.at.line)
