"""The folders that a configuration file claims for its framework."""

from collections.abc import Set as AbstractSet
from functools import cached_property

import msgspec

from fleet.analysis.detect.glob import glob_matches
from fleet.analysis.inventory import Unparsed


class Scope(msgspec.Struct, frozen=True, array_like=True):
    """What one configuration file claims.

    *folder* is the one it is about, "" for the repository's root; *roots* are the folders in which it looks. *include*
    and *exclude* are globs relative to each root; without *include* every file under a root is claimed.
    """

    framework: str
    config: str
    folder: str
    roots: tuple[str, ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def claims(self, path: str) -> bool:
        return any(self._claims_under(root, path) for root in self.roots)

    def _claims_under(self, root: str, path: str) -> bool:
        if not is_under(root, path):
            return False
        relative = path[len(root) + 1 :] if root else path
        if self.include and not any(glob_matches(glob, relative) for glob in self.include):
            return False
        return not any(glob_matches(glob, relative) for glob in self.exclude)


class Scopes(msgspec.Struct, frozen=True, dict=True):
    """Every claim in a repository, and the configuration files that could not be read."""

    scopes: tuple[Scope, ...] = ()
    unread: tuple[Unparsed, ...] = ()

    def framework_of(self, path: str, frameworks: AbstractSet[str]) -> str | None:
        """Return whose claim on *path* is the nearest, among *frameworks*."""
        return next((s.framework for s in self._nearest_first if s.framework in frameworks and s.claims(path)), None)

    @cached_property
    def _nearest_first(self) -> list[Scope]:
        return sorted(self.scopes, key=lambda s: (-_depth(s.folder), -len(s.config), s.config, s.framework))


def is_under(folder: str, path: str) -> bool:
    return not folder or path.startswith(folder + "/")


def _depth(folder: str) -> int:
    return folder.count("/") + 1 if folder else 0
