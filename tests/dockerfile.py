"""Reads a Dockerfile as far as these files use the language."""

import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
INIT = "entrypoints.init"


class Image(NamedTuple):
    """The last stage, and what the stages before it install."""

    files: frozenset[Path]
    user: str
    entrypoint: str
    requirements: Path


def read_image(dockerfile: Path) -> Image:
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    build, last = _stages([line.partition(" ")[::2] for line in lines if line.strip()])
    (requirements,) = (arguments.split()[0] for instruction, arguments in build if instruction == "COPY")
    (user,) = (arguments for instruction, arguments in last if instruction == "USER")
    (entrypoint,) = (arguments for instruction, arguments in last if instruction == "ENTRYPOINT")
    copies = [arguments for instruction, arguments in last if instruction == "COPY" and "--from" not in arguments]
    files = {file for arguments in copies for source in arguments.split()[:-1] for file in _copied(source)}
    return Image(frozenset(files), user, entrypoint, ROOT / requirements)


def module_of(entrypoint: str) -> str:
    """The module an exec-form entry point runs; anything else is not valid JSON or not of this shape."""
    python, flag, *modules = json.loads(entrypoint)
    if (python, flag) != ("python", "-m") or modules[:-1] not in ([], [INIT]):
        raise ValueError(f"not python -m: {entrypoint}")
    return str(modules[-1])


def _stages(instructions: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    second = max(index for index, (instruction, _) in enumerate(instructions) if instruction == "FROM")
    return instructions[:second], instructions[second:]


def _copied(source: str) -> set[Path]:
    """The files below the project that *source* copies; raises when there are none."""
    found = [path for path in ROOT.glob(source.rstrip("/")) if path.exists()]
    files = {file for path in found for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()}
    if not files:
        raise FileNotFoundError(source)
    return {file.relative_to(ROOT) for file in files if "__pycache__" not in file.parts}
