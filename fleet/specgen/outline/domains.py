"""Test files → domains: the parts of a project that its directories name."""

from collections import Counter
from collections.abc import Mapping

from fleet.specgen.outline.paths import Location, readable

# A directory that nearly everything lies in, such as the package itself, divides nothing.
_NEARLY_ALL = 0.8
# A domain of more files is divided once more, so that it stays a chapter and not the book.
_MANY_FILES = 40
_DEEPEST = 4


def domains_of(locations: Mapping[str, Location], *, project: str) -> dict[str, str]:
    """Name the domain of each path; what no directory places belongs to the *project* itself."""
    folders = {path: location.folders for path, location in locations.items()}
    folders = _without_shared_root(folders)
    groups = _divide(folders, depth=1)
    return {path: _name(groups[path], locations[path], project) for path in locations}


def _without_shared_root(folders: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for _ in range(_DEEPEST):
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
    return folders


def _divide(folders: Mapping[str, tuple[str, ...]], *, depth: int) -> dict[str, tuple[str, ...]]:
    groups: dict[tuple[str, ...], list[str]] = {}
    for path, path_folders in folders.items():
        groups.setdefault(path_folders[:depth], []).append(path)
    result: dict[str, tuple[str, ...]] = {}
    for group, paths in groups.items():
        divisible = len(group) == depth and depth < _DEEPEST and len(paths) > _MANY_FILES
        if divisible:
            result |= _divide({path: folders[path] for path in paths}, depth=depth + 1)
        else:
            result |= dict.fromkeys(paths, group)
    return result


def _name(group: tuple[str, ...], location: Location, project: str) -> str:
    if group:
        return " / ".join(readable(folder) for folder in group)
    return location.kind or readable(project)
