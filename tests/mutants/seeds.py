"""All mutants, and those that were looked at and cannot be told from the original."""

from pathlib import Path

from tests.mutants.operators import Mutant, mutants_of
from tests.mutants.targets import FUNCTIONS

_FUNCTIONS = Path(__file__).parents[2] / "sql" / "functions"
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


def original(function: str) -> str:
    return (_FUNCTIONS / f"{function}.sql").read_text("utf-8")


def seeds() -> list[Mutant]:
    return [mutant for function in FUNCTIONS for mutant in mutants_of(function, original(function))]


def equivalents() -> dict[str, str]:
    """Read why each cannot be told apart, by name: a name on a line, its reason indented below it."""
    reasons: dict[str, str] = {}
    names: list[str] = []
    for line in EQUIVALENT.read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            names = []
        elif line.startswith(" "):
            for name in names:
                reasons[name] = f"{reasons[name]} {line.strip()}".strip()
        else:
            names = [*(name for name in names if not reasons[name]), line]
            reasons[line] = ""
    return reasons
