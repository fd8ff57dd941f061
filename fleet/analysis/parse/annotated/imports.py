"""What the annotations of a Java or Kotlin file may be, by what it imports."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

# Nobody has a second annotation of one of these names, so no package need be asked for them.
_EVERYWHERE: Final = frozenset({"Override", "Deprecated", "SuppressWarnings", "FunctionalInterface", "SafeVarargs"})


class Imports(NamedTuple):
    """*package* is the file's own; *single* are whole names, *packages* those imported with everything in them."""

    package: str
    single: tuple[str, ...]
    packages: tuple[str, ...]

    def names(self, annotations: Iterable[str]) -> Iterator[str]:
        """Yield what is imported by name, and what each of *annotations* may be of what is not."""
        yield from self.single
        yield from (f"{package}.*" for package in self.packages)
        yield from self.whole(name for name in annotations if "." not in name)

    def whole(self, annotations: Iterable[str]) -> Iterator[str]:
        """Yield the whole names that *annotations*, as they are written, may stand for.

        A name imported singly is nothing else. Any other may stand in the file's own package, where no import tells
        of it, or in one of *packages*: which of these is not known here, so each is yielded.
        """
        imported = {name.rpartition(".")[2]: name for name in self.single}
        for name in dict.fromkeys(annotations):
            if "." in name:
                yield name
            elif name in imported:
                yield imported[name]
            elif name not in _EVERYWHERE:
                yield from (f"{package}.{name}" for package in (self.package, *self.packages))
