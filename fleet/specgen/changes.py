"""What became of the behaviours between two documents, put in order for a reader."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from fleet.specgen.document import Status, Subject
from fleet.specgen.wording import Wording, wording_of

Kind = Literal["added", "removed", "reworded", "moved", "status"]

# So many behaviours that went from one feature to another together are one change to a reader.
_TOGETHER = 3


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A behaviour as it stands in one of the documents."""

    domain: str
    feature: str
    sentence: str
    status: Status
    path: str
    line: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one behaviour; one that is new has no *before*, and one that is gone no *after*."""

    kind: Kind
    before: Standing | None
    after: Standing | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two documents of one repository, by their versions and subjects, and what changed between them."""

    language: str
    version_before: int
    version_after: int
    before: Subject
    after: Subject
    changes: Sequence[Change]


class Line(NamedTuple):
    """One change for a reader: the sentence, a *remark* on it, and where its test is; several at once have no place."""

    sentence: str
    remark: str
    subject: Subject
    at: Standing | None


class Part(NamedTuple):
    """The lines of one kind of change, by the feature they are in."""

    title: str
    features: dict[str, list[Line]]


def counts_of(comparison: Comparison) -> str:
    """Say how many behaviours changed in which way."""
    wording = wording_of(comparison.language)
    kinds: list[str] = [change.kind for change in comparison.changes]
    counts = Counter(kinds)
    told = [
        text.format(number=wording.number(counts[kind]))
        for kind, text in wording.counted_changes.items()
        if counts[kind]
    ]
    return wording.listed(told) if told else wording.nothing_changed


def parts_of(comparison: Comparison) -> list[Part]:
    """Put the changes in order: what is new, what is gone, then what is otherwise than it was."""
    wording = wording_of(comparison.language)
    together = Counter(_way(change) for change in comparison.changes if change.kind == "moved")
    parts = {kind: Part(title, {}) for kind, title in wording.changes.items()}
    told: set[tuple[str, str]] = set()
    for change in comparison.changes:
        if change.kind == "moved" and together[_way(change)] >= _TOGETHER:
            if _way(change) not in told:
                told.add(_way(change))
                line = _moved_together(comparison, together[_way(change)], change, wording)
                parts[change.kind].features.setdefault(_place(change.after or change.before), []).append(line)
        else:
            line = _line(comparison, change, wording)
            parts[change.kind].features.setdefault(_place(change.after or change.before), []).append(line)
    return [part for part in parts.values() if part.features]


def _line(comparison: Comparison, change: Change, wording: Wording) -> Line:
    before, after = change.before, change.after
    if after is None or before is None:
        standing = after or before
        subject = comparison.before if after is None else comparison.after
        return Line(standing.sentence if standing else "", "", subject, standing)
    remarks = []
    if before.sentence != after.sentence:
        remarks.append(wording.was.format(before=before.sentence))
    if _place(before) != _place(after):
        remarks.append(wording.was_in.format(before=_place(before)))
    if before.status != after.status:
        statuses = {"before": wording.statuses[before.status], "after": wording.statuses[after.status]}
        remarks.append(wording.status_changed.format(**statuses))
    return Line(after.sentence, "; ".join(remarks), comparison.after, after)


def _moved_together(comparison: Comparison, count: int, change: Change, wording: Wording) -> Line:
    behaviours = wording.counted(count, "behaviour")
    return Line(behaviours, wording.was_in.format(before=_place(change.before)), comparison.after, None)


def _way(change: Change) -> tuple[str, str]:
    return _place(change.before), _place(change.after)


def _place(standing: Standing | None) -> str:
    return "" if standing is None else f"{standing.domain} / {standing.feature}"
