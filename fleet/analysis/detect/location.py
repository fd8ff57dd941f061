"""What a path inside a repository says by itself."""

from typing import NamedTuple


class Location(NamedTuple):
    """A repository-relative path, taken apart once."""

    folders: tuple[str, ...]
    name: str
    stem: str
    extension: str  # without the dot, in lower case

    def inside(self, *folders: str) -> bool:
        """Tell whether any of *folders* is on the way to the file."""
        return any(folder in self.folders for folder in folders)


def locate(path: str) -> Location:
    *folders, name = path.split("/")
    stem, dot, extension = name.rpartition(".")
    return Location(tuple(folders), name, stem if dot else name, extension.lower() if dot else "")
