"""docs/queue.md names everything that the queue offers."""

import re
from pathlib import Path

import msgspec
import pytest

from fleet import errors
from fleet.queue.context import Context
from fleet.queue.job import Job, Policy
from fleet.queue.plan import Plan
from fleet.sql import ROOT

REFERENCE = (Path(__file__).parents[1] / "docs" / "queue.md").read_text(encoding="utf-8")
# What is read of the application, and not of the queue.
APPLICATION = "".join(
    (Path(__file__).parents[1] / "docs" / f"{page}.md").read_text(encoding="utf-8")
    for page in ("inventories", "specifications")
)
FUNCTIONS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "functions").glob("*.sql"))}
# What a function's comment begins with when it is not for callers.
INTERNAL = re.compile(r"comment on function [^;]*?is\s+'(?:Internal|Trigger):")


def members(of: type) -> list[str]:
    return [name for name in (*vars(of), *getattr(of, "__annotations__", ())) if not name.startswith("_")]


@pytest.mark.parametrize("function", [name for name, text in FUNCTIONS.items() if not INTERNAL.search(text)])
def test_every_function_is_in_the_reference(function: str) -> None:
    schema, reference = ("app", APPLICATION) if " function app." in FUNCTIONS[function] else ("fleet", REFERENCE)

    assert re.search(rf"`{schema}\.{function}\b", reference)


@pytest.mark.parametrize(
    "view",
    # Those of the application are not the queue's.
    [path.stem for path in sorted((ROOT / "views").glob("*.sql")) if " view fleet." in path.read_text("utf-8")],
)
def test_every_view_is_in_the_reference(view: str) -> None:
    assert f"`fleet.{view}`" in REFERENCE


@pytest.mark.parametrize(
    "error",
    [
        name
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, (errors.QueueError, errors.Interruption))
    ],
)
def test_every_error_of_the_queue_is_in_the_reference(error: str) -> None:
    assert f"`{error}" in REFERENCE


def test_every_sqlstate_is_in_the_reference() -> None:
    raised = {state for text in FUNCTIONS.values() for state in re.findall(r"sqlstate '(FL\d+)'", text)}

    assert raised
    assert {state for state in raised if f"| {state} |" not in REFERENCE} == set()


@pytest.mark.parametrize(
    "setting", [field.name for struct in (Plan, Policy) for field in msgspec.structs.fields(struct)]
)
def test_every_setting_is_in_the_reference(setting: str) -> None:
    assert f"`{setting}`" in REFERENCE


@pytest.mark.parametrize("member", [*members(Job), *members(Context)])
def test_what_a_job_and_its_handler_have_is_in_the_reference(member: str) -> None:
    assert re.search(rf"`{member}[`(]", REFERENCE)
