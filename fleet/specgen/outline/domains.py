"""Test files → domains: the parts of a project that its directories name."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from fleet.specgen.outline.paths import Location, folder_title, readable
from fleet.specgen.wording import Wording

# A directory that nearly everything lies in, such as the package itself, divides nothing.
_NEARLY_ALL = 0.8
# A domain of more files is divided once more, so that it stays a chapter and not the book.
_MANY_FILES = 40
_DEEPEST = 3
# A part of a divided domain has at least so many files; so has every domain, where there are many of them.
_FEW_FILES = 3
_MANY_DOMAINS = 12
# A flat directory of more files than this is divided by how their names begin.
_MANY_SIBLINGS = 15
_ALIKE = 4
_HEAD = re.compile(r"(?!(?:issue|issues|bug|gh|fix)[._-])[A-Za-z][A-Za-z0-9]*(?=[._-])")

Folders = Mapping[str, tuple[str, ...]]


class Part(NamedTuple):
    """The domain of a file; *head* is how the file's name begins, where the domain is named by that."""

    title: str
    head: str


def domains_of(locations: Mapping[str, Location], *, project: str, wording: Wording) -> dict[str, Part]:
    """Find the domain of each path; what no directory places belongs to the *project* itself."""
    groups = _divide({path: location.folders for path, location in locations.items()}, ())
    heads = _heads(groups, locations)
    return {
        path: Part(_title((*group, *filter(None, [heads[path]])), locations[path], project, wording), heads[path])
        for path, group in groups.items()
    }


def _without_shared_root(folders: Folders) -> Folders:
    while True:
        tops = Counter(path_folders[0] for path_folders in folders.values() if path_folders)
        if not tops:
            return folders
        top, files = tops.most_common(1)[0]
        if files < _NEARLY_ALL * len(folders):
            return folders
        folders = {
            path: path_folders[1:] if path_folders[:1] == (top,) else path_folders
            for path, path_folders in folders.items()
        }


def _divide(folders: Folders, outer: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    folders = _without_shared_root(folders)
    groups: dict[tuple[str, ...], list[str]] = {}
    for path, path_folders in folders.items():
        groups.setdefault(path_folders[:1], []).append(path)
    few = _FEW_FILES if outer or len(groups) > _MANY_DOMAINS else 0
    result: dict[str, tuple[str, ...]] = {}
    for head, paths in groups.items():
        group = (*outer, *head) if len(paths) >= few else outer
        if head and len(paths) > _MANY_FILES and len(group) < _DEEPEST:
            result |= _divide({path: folders[path][1:] for path in paths}, group)
        else:
            result |= dict.fromkeys(paths, group)
    return result


def _heads(groups: Mapping[str, tuple[str, ...]], locations: Mapping[str, Location]) -> dict[str, str]:
    """Divide what lies in one place by what the names of its files begin with: req.get.js and req.is.js."""
    sizes = Counter(groups.values())
    heads = {
        path: match[0] if sizes[group] > _MANY_SIBLINGS and (match := _HEAD.match(locations[path].stem)) else ""
        for path, group in groups.items()
    }
    alike = Counter((groups[path], head) for path, head in heads.items())
    return {path: head if alike[groups[path], head] >= _ALIKE else "" for path, head in heads.items()}


def _title(group: tuple[str, ...], location: Location, project: str, wording: Wording) -> str:
    if not group:
        return wording.kinds[location.kind] if location.kind else readable(project)
    titles: list[str] = []
    for folder in group:
        title = folder_title(folder, "".join((project, *titles)))
        if title not in titles:
            titles.append(title)
    return " / ".join(titles)
