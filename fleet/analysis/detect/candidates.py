"""Which files of a repository are worth reading, by their paths alone."""

from fleet.analysis.detect.configs import is_config_name
from fleet.analysis.detect.cpp import CPP
from fleet.analysis.detect.csharp import CSHARP
from fleet.analysis.detect.go import GO
from fleet.analysis.detect.java import JAVA
from fleet.analysis.detect.javascript import JAVASCRIPT, TSX, TYPESCRIPT
from fleet.analysis.detect.kotlin import KOTLIN
from fleet.analysis.detect.language import Language
from fleet.analysis.detect.location import Location, locate
from fleet.analysis.detect.php import PHP
from fleet.analysis.detect.python import PYTHON
from fleet.analysis.detect.ruby import RUBY
from fleet.analysis.detect.rust import RUST
from fleet.analysis.detect.swift import SWIFT

LANGUAGES: tuple[Language, ...] = (
    CPP,
    CSHARP,
    GO,
    JAVA,
    JAVASCRIPT,
    KOTLIN,
    PHP,
    PYTHON,
    RUBY,
    RUST,
    SWIFT,
    TSX,
    TYPESCRIPT,
)

_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}

# Other people's code and what tools write: nobody's own tests.
_FOREIGN_FOLDERS = frozenset({"node_modules", ".git", "vendor", "dist", ".next", "__pycache__", ".cache"})


def is_candidate(path: str) -> bool:
    """Tell whether the file at *path*, relative to the repository's root, may hold tests."""
    file = locate(path)
    language = _BY_EXTENSION.get(file.extension)
    return language is not None and not _is_foreign(file) and language.is_candidate(file)


def is_named_test(path: str) -> bool:
    """Tell whether the candidate at *path* is a test by its name, as far as anybody can say by names."""
    file = locate(path)
    language = _BY_EXTENSION.get(file.extension)
    return language is not None and (language.is_named is None or language.is_named(file))


def is_config(path: str) -> bool:
    """Tell whether the file at *path* may say which framework a folder is tested with."""
    file = locate(path)
    return is_config_name(file.name) and not _is_foreign(file)


def language_of(path: str) -> str | None:
    """Return the name of the language that *path* is written in, of those that are read."""
    language = _BY_EXTENSION.get(locate(path).extension)
    return None if language is None else language.name


def _is_foreign(file: Location) -> bool:
    # A folder of that name deeper down is code: etcd keeps tests in one.
    return file.folders[:1] == ("coverage",) or not _FOREIGN_FOLDERS.isdisjoint(file.folders)
