"""The folders that a configuration file claims for its framework."""

from collections.abc import Set as AbstractSet
from functools import cached_property

import msgspec

from fleet.analysis.detect.expression import is_found
from fleet.analysis.detect.glob import glob_matches
from fleet.analysis.inventory import Unparsed


class Names(msgspec.Struct, frozen=True, array_like=True):
    """By which names a framework is told to find tests instead of its own; None is its own.

    *files* are globs; *classes* and *functions* are beginnings of names, or globs for the whole of them. Of two
    configurations in one folder the one of the lower *order* holds.
    """

    files: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    functions: tuple[str, ...] | None = None
    order: int = 0

    def has_file(self, path: str) -> bool:
        return self.files is None or any(glob_matches(glob, path) for glob in self.files)


class Scope(msgspec.Struct, frozen=True, array_like=True):
    """What one configuration file claims.

    *folder* is the one it is about, "" for the repository's root; *roots* are the folders in which it looks. *include*
    and *exclude* are globs for paths seen from *folder*, *matching* and *ignoring* are regular expressions for the same
    with a slash in front. Without *include* and *matching* every file under a root is claimed that is a test by its
    name, and those of the other candidates that are among *also*. A claim without *names* says nothing of them, so the
    next one around it does.
    """

    framework: str
    config: str
    folder: str
    roots: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    matching: tuple[str, ...] = ()
    ignoring: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    names: Names | None = None

    def claims(self, path: str, *, named: bool = True) -> bool:
        """Tell whether the file at *path*, a test by its name if *named*, belongs to the framework."""
        root = next((root for root in self.roots if is_under(root, path)), None)
        if root is None:
            return False
        # A root may lie outside of the folder.
        seen = _seen_from(self.folder if is_under(self.folder, path) else root, path)
        if any(glob_matches(glob, seen) for glob in self.exclude):
            return False
        if any(is_found(expression, f"/{seen}") for expression in self.ignoring):
            return False
        if self.include or self.matching:
            return self._includes(seen)
        return named or any(glob_matches(glob, seen) for glob in self.also)

    def _includes(self, seen: str) -> bool:
        return any(glob_matches(glob, seen) for glob in self.include) or any(
            is_found(expression, f"/{seen}") for expression in self.matching
        )


class Scopes(msgspec.Struct, frozen=True, dict=True):
    """Every claim in a repository, and the configuration files that could not be read."""

    scopes: tuple[Scope, ...] = ()
    unread: tuple[Unparsed, ...] = ()

    def framework_of(self, path: str, frameworks: AbstractSet[str], *, named: bool = True) -> str | None:
        """Return whose claim on *path* is the nearest, among *frameworks*."""
        candidates = (scope for scope in self._nearest_first if scope.framework in frameworks)
        return next((scope.framework for scope in candidates if scope.claims(path, named=named)), None)

    def names_of(self, path: str, framework: str) -> Names:
        """Return the names that the nearest configuration of *framework* goes by."""
        own = (scope for scope in self.scopes if scope.framework == framework and is_under(scope.folder, path))
        told = ((-_depth(scope.folder), scope.names.order, scope.names) for scope in own if scope.names is not None)
        return min(told, key=lambda each: each[:2], default=(0, 0, Names()))[2]

    @cached_property
    def _nearest_first(self) -> list[Scope]:
        return sorted(self.scopes, key=lambda s: (-_depth(s.folder), -len(s.config), s.config, s.framework))


def is_under(folder: str, path: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _seen_from(folder: str, path: str) -> str:
    return path[len(folder) + 1 :] if folder else path


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0
