"""What each process reads, what its service and its image give it, and what the README says of both, are one thing."""

import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from entrypoints._consumer import ConsumerSettings
from entrypoints._process import ProcessSettings
from fleet.config import Settings, _older_name
from tests.dockerfile import ROOT, module_of, read_image

README = (ROOT / "README.md").read_text(encoding="utf-8")
ROLES = (ROOT / "sql" / "roles.sql").read_text(encoding="utf-8")
SERVICES = {path.stem: json.loads(path.read_bytes()) for path in sorted((ROOT / "railway").glob("*.json"))}
# What a cron starts beside the cleanup, and what people steer with.
SHARED_ROLES = {"partitions": "fleet_retention_cleanup", "dashboard": "fleet_operator"}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")


class Row(msgspec.Struct, frozen=True):
    """A variable as the README's table of settings has it."""

    variable: str
    readers: frozenset[str]
    default: str


def settings_of(module: str) -> type[ProcessSettings] | None:
    """The settings that an entry point declares; none for those that only start others."""
    found = [
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, ProcessSettings) and value.__module__ == module
    ]
    return found[0] if found else None


PROCESSES = {
    path.stem: settings
    for path in sorted((ROOT / "entrypoints").glob("[a-z]*.py"))
    if (settings := settings_of(f"entrypoints.{path.stem}")) is not None
}
CONSUMERS = {name for name, settings in PROCESSES.items() if issubclass(settings, ConsumerSettings)}


def documented() -> Iterator[Row]:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    for line in re.findall(r"^\| `.*\|$", table, re.MULTILINE):
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        variables = re.findall(r"`([A-Z_]+)`", cells[0])
        defaults = cells[2].split(", ") if cells[2].count(", ") + 1 == len(variables) else [cells[2]] * len(variables)
        for variable, default in zip(variables, defaults, strict=True):
            yield Row(variable, frozenset(_readers(cells[1])), default)


def _readers(cell: str) -> Iterator[str]:
    for name in cell.split(", "):
        if name == "all":
            yield from PROCESSES
        elif name == "consumers":
            yield from CONSUMERS
        else:
            yield name.replace("-", "_")


ROWS = {row.variable: row for row in documented()}


def variables_of(settings: type[Settings]) -> dict[str, Any]:
    """Every variable that is read, older names too, with what it is without it."""
    fields = msgspec.structs.fields(settings)
    read = {field.encode_name: ... if field.required else field.default for field in fields}
    return read | {older: read[field.encode_name] for field in fields if (older := _older_name(field.type))}


def program_of(service: str) -> str:
    """The entry point that a service runs: its start command replaces what its image would run."""
    command = SERVICES[service]["deploy"].get("startCommand")
    image = read_image(ROOT / SERVICES[service]["build"]["dockerfilePath"])
    return module_of(image.entrypoint if command is None else json.dumps(command.split())).rpartition(".")[2]


@pytest.mark.parametrize("process", PROCESSES)
def test_the_readme_says_who_reads_what(process: str) -> None:
    said = {row.variable for row in ROWS.values() if process in row.readers}

    assert said == set(variables_of(PROCESSES[process]))


@pytest.mark.parametrize("variable", ROWS)
def test_the_readme_says_what_holds_without_a_variable(variable: str) -> None:
    row = ROWS[variable]

    for process in row.readers:
        default = variables_of(PROCESSES[process])[variable]
        if default is ...:
            assert row.default == "required"
        elif default is None:
            assert row.default != "required"
            assert not re.fullmatch(r"`[0-9.]+`", row.default)
        else:
            assert row.default == f"`{_written(default)}`"


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return str(int(default))
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_readme_knows_every_process_that_reads_a_variable() -> None:
    assert {reader for row in ROWS.values() for reader in row.readers} == set(PROCESSES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_a_process_of_its_name_from_an_image_that_is_there(service: str) -> None:
    assert program_of(service) == service.replace("-", "_")
    assert program_of(service) in PROCESSES


def test_every_image_is_some_services() -> None:
    used = {facts["build"]["dockerfilePath"] for facts in SERVICES.values()}

    assert used == {path.name for path in ROOT.glob("Dockerfile.*")}


@pytest.mark.parametrize("service", SERVICES)
def test_what_the_platform_promises_a_service_its_process_reads(service: str) -> None:
    deploy, read = SERVICES[service]["deploy"], variables_of(PROCESSES[program_of(service)])

    assert ("drainingSeconds" in deploy) == ("RAILWAY_DEPLOYMENT_DRAINING_SECONDS" in read)
    assert ("healthcheckPath" in deploy) <= ("PORT" in read)
    if "drainingSeconds" in deploy:
        assert f"RAILWAY_DEPLOYMENT_DRAINING_SECONDS={deploy['drainingSeconds']}" in README


@pytest.mark.parametrize("image", sorted(path.name for path in ROOT.glob("Dockerfile.*")))
def test_no_image_brings_a_setting_along(image: str) -> None:
    text = (ROOT / image).read_text(encoding="utf-8")
    brought = {
        name for line in re.findall(r"^(?:ENV|ARG) (.*)$", text, re.MULTILINE) for name in re.findall(r"(\w+)=", line)
    }

    assert brought & set(ROWS) == set()


def test_the_readme_counts_the_services() -> None:
    assert f"plans these {NUMBERS[len(SERVICES)]} services" in README


@pytest.mark.parametrize("service", SERVICES)
def test_there_is_a_role_for_each_service(service: str) -> None:
    role = SHARED_ROLES.get(service, f"fleet_{program_of(service)}")

    assert re.search(rf"\b{role}\b", ROLES)
