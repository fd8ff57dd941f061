"""Tests as a model is shown them, and as they are told apart from one commit to the next."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec

from fleet.specgen.document import Case
from fleet.specgen.prompts.version import PROMPT_VERSION

# Of a name; what is longer says nothing more, and would be paid for.
_LONGEST_NAME = 300
_BETWEEN = " > "


def key_of(task: str, model: str, language: str, *parts: Sequence[str]) -> bytes:
    """Hash what an answer rests on; another model, language or prompt gives another answer."""
    return hashlib.sha256(msgspec.json.encode([task, model, language, PROMPT_VERSION, *parts])).digest()


def identity_of(case: Case) -> Sequence[str]:
    """Return what a test is known by: where it stands and what it is called, never its number or line."""
    return (case.path, *case.suites, case.name)


def files_of(numbered: Mapping[int, Case]) -> list[dict[str, Any]]:
    """Show tests file by file, each path and language once."""
    return [
        {"path": cut(path), "language": language, "tests": [shown(number, case) for number, case in members]}
        for (path, language), members in groupby(numbered.items(), key=lambda item: (item[1].path, item[1].language))
    ]


def shown(number: int, case: Case) -> dict[str, Any]:
    return {"test": number, "name": cut(_BETWEEN.join((*case.suites, case.name)))}


def size_of(case: Case) -> int:
    """Return how much text a test takes, at the most."""
    return len(shown(0, case)["name"]) + len(cut(case.path))


def cut(text: str) -> str:
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def numbered(cases: Iterable[Case]) -> dict[int, Case]:
    return dict(enumerate(cases, 1))
