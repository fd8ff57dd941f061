"""Every regular expression that meets text of strangers, against text on which one that backtracks would not end."""

import importlib
import inspect
import pkgutil
import re
from itertools import product
from time import thread_time
from typing import Any

import pytest

import fleet.analysis

# What is quadratic takes a second for this; what is linear takes a blink.
LENGTH = 20_000
LIMIT = 0.2
PIECES = [
    " ",
    "\t",
    "\n",
    "a",
    "A",
    "0",
    "_",
    ".",
    "/",
    "\\",
    '"',
    "'",
    "(",
    "[",
    "{",
    "<",
    "#",
    "@",
    "*",
    "get(",
    "in0",
]
BEGUN = ["", "import ", 'R"', "https://", "fatal: repository '", "remote: "]


def expressions() -> dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], set[str]]]:
    """Return those that the modules of the analysis hold, by name, each with the methods by which it is asked."""
    found = {}
    for information in pkgutil.walk_packages(fleet.analysis.__path__, "fleet.analysis."):
        module = importlib.import_module(information.name)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                # One that is handed on may be searched for.
                methods = set(re.findall(rf"\b{name}\.(\w+)\(", inspect.getsource(module))) or {"search"}
                found[f"{module.__name__}.{name}"] = (value, methods)
    return found


FOUND = expressions()


def test_the_expressions_are_found() -> None:
    assert FOUND["fleet.analysis.git.failure._REFUSED"][1] == {"search"}


@pytest.mark.parametrize("name", FOUND)
def test_an_expression_takes_time_linear_in_its_text(name: str) -> None:
    expression, methods = FOUND[name]
    is_bytes = isinstance(expression.pattern, bytes)
    for begun, first, second in product(BEGUN, PIECES, PIECES):
        if begun and first != second:
            continue
        text = begun + (first + second) * (LENGTH // len(first + second))
        began = thread_time()
        for method in methods:
            # What replaces looks as what finds all does.
            ask: Any = getattr(expression, "findall" if method == "sub" else method)
            ask(text.encode() if is_bytes else text)
        assert thread_time() - began < LIMIT, (begun, first, second)
