"""The images and the platform's configuration, read the way their tools read them."""

import importlib
import json
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Literal

import grimp
import msgspec
import pytest

from fleet.config import Secret, Settings
from tests.dockerfile import INIT, ROOT, Image, module_of, read_image

IMAGES = {
    "analyzer": "analyzer",
    "spec-generator": "spec-generator",
    "retention-cleanup": "cleanup",
    # Started by the same image with a command of its own.
    "partitions": "cleanup",
    "dashboard": "dashboard",
}
CRON = ("retention-cleanup", "partitions")
WORKERS = ("analyzer", "spec-generator")

# What a process can do without on the machine of whoever looks at it.
NEEDED_THERE = {"dashboard": {"DASHBOARD_TOKEN"}}

# What a program starts as a process of its own.
CHILDREN = {"analyzer": ["fleet.analysis.parse.child"]}

# What the platform's tool does with the file, in its own interpreter: no module name of the project's, no arguments.
EVALUATE = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("evaluated", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(json.dumps({"partial": module.PARTIAL, "project": module.main().to_graph()}))
"""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A field nobody named is a failure: the platform refuses a file for it."""


class Build(Strict, frozen=True):
    builder: Literal["DOCKERFILE"]
    dockerfilePath: str  # noqa: N815  # the platform's spelling


class Deploy(Strict, frozen=True):
    restartPolicyType: Literal["ON_FAILURE", "NEVER"]  # noqa: N815  # the platform's spelling
    restartPolicyMaxRetries: int | None = None  # noqa: N815  # the platform's spelling
    preDeployCommand: list[str] | None = None  # noqa: N815  # the platform's spelling
    startCommand: str | None = None  # noqa: N815  # the platform's spelling
    healthcheckPath: str | None = None  # noqa: N815  # the platform's spelling
    healthcheckTimeout: int | None = None  # noqa: N815  # the platform's spelling
    cronSchedule: str | None = None  # noqa: N815  # the platform's spelling
    numReplicas: int | None = None  # noqa: N815  # the platform's spelling
    overlapSeconds: int | None = None  # noqa: N815  # the platform's spelling
    drainingSeconds: int | None = None  # noqa: N815  # the platform's spelling


class ServiceFile(Strict, frozen=True):
    schema: Literal["https://railway.com/railway.schema.json"] = msgspec.field(name="$schema")
    build: Build
    deploy: Deploy


class Variable(Strict, frozen=True):
    type: Literal["literal", "preserve"]
    value: str | None = None


class Node(Strict, frozen=True):
    address: str
    type: Literal["service"]
    kind: Literal["empty", "github"]
    name: str
    build: Build
    deploy: Deploy
    variables: dict[str, Variable]
    source: dict[str, str] | None = None


class Project(Strict, frozen=True):
    name: str
    resources: list[Node]


class Evaluated(Strict, frozen=True):
    partial: str
    project: Project


def service_file(service: str) -> ServiceFile:
    return msgspec.json.decode((ROOT / "railway" / f"{service}.json").read_bytes(), type=ServiceFile)


def image_of(service: str) -> Image:
    return read_image(ROOT / service_file(service).build.dockerfilePath)


def evaluated(**environ: str) -> dict[str, Node]:
    answer = subprocess.run(
        [sys.executable, "-c", EVALUATE, ROOT / "railway" / "railway.py"],
        capture_output=True,
        check=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], **environ},
    )
    project = msgspec.json.decode(answer.stdout, type=Evaluated).project
    return {node.name: node for node in project.resources}


@cache
def import_graph() -> grimp.ImportGraph:
    return grimp.build_graph("entrypoints", "fleet", include_external_packages=True, cache_dir=None)


def reached(module: str) -> set[str]:
    return {module, *import_graph().find_upstream_modules(module)}


def programs(service: str) -> list[str]:
    """The modules a service's image is asked to run."""
    before = service_file(service).deploy.preDeployCommand or []
    commands = [command.split()[-1] for command in before]
    entrypoint = image_of(service).entrypoint
    first = [INIT] if INIT in entrypoint else []
    return [*first, program_of(service), *commands, *CHILDREN.get(service, [])]


def program_of(service: str) -> str:
    """The module a service runs: its start command replaces what its image would run."""
    command = service_file(service).deploy.startCommand
    return module_of(image_of(service).entrypoint if command is None else json.dumps(command.split()))


def settings_of(module: str) -> type[Settings]:
    (found,) = (
        value
        for value in vars(importlib.import_module(module)).values()
        if isinstance(value, type) and issubclass(value, Settings) and value.__module__ == module
    )
    return found


each_service = pytest.mark.parametrize("service", IMAGES)


@each_service
def test_a_service_is_built_from_its_own_image(service: str) -> None:
    assert service_file(service).build.dockerfilePath == f"Dockerfile.{IMAGES[service]}"


def test_workers_restart_on_failure_and_drain() -> None:
    for service in ("analyzer", "spec-generator"):
        deploy = service_file(service).deploy

        assert deploy.restartPolicyType == "ON_FAILURE"
        assert (deploy.drainingSeconds, deploy.overlapSeconds) == (60, 0)
        assert deploy.cronSchedule is None


def test_a_deploy_of_a_worker_waits_until_a_job_would_be_run() -> None:
    for service in IMAGES:
        deploy, port = service_file(service).deploy, evaluated()[service].variables.get("PORT")
        expected = ("/readyz", 120, "8080") if service in WORKERS else (None, None, None)

        assert (deploy.healthcheckPath, deploy.healthcheckTimeout, port and port.value) == expected, service


def test_the_cleanup_runs_every_night_and_never_again() -> None:
    assert service_file("retention-cleanup").deploy == Deploy(cronSchedule="0 3 * * *", restartPolicyType="NEVER")


def test_what_a_cron_starts_is_started_by_nothing_else() -> None:
    started = {service for service in IMAGES if service_file(service).deploy.cronSchedule is not None}

    assert started == set(CRON)
    for service in CRON:
        deploy = service_file(service).deploy
        assert (deploy.restartPolicyType, deploy.numReplicas, deploy.drainingSeconds) == ("NEVER", None, None)


def test_only_the_analyzer_migrates_before_it_starts() -> None:
    commands = {service: service_file(service).deploy.preDeployCommand for service in IMAGES}

    assert commands == {
        "analyzer": ["python -m entrypoints.migrate"],
        "spec-generator": None,
        "retention-cleanup": None,
        "partitions": None,
        "dashboard": None,
    }


@each_service
def test_an_image_runs_as_a_numbered_user_who_is_not_root(service: str) -> None:
    assert int(image_of(service).user) > 0


@each_service
def test_a_service_runs_its_own_entry_point(service: str) -> None:
    assert program_of(service) == f"entrypoints.{service.replace('-', '_')}"


def test_the_first_process_of_a_worker_is_one_that_outlives_it() -> None:
    outlived = {service for service in IMAGES if INIT in image_of(service).entrypoint}

    assert outlived == {"analyzer", "spec-generator"}


@each_service
def test_an_image_holds_every_module_its_programs_import(service: str) -> None:
    copied = image_of(service).files

    missing = {
        module
        for program in programs(service)
        for module in reached(program)
        if module.startswith(("fleet", "entrypoints")) and not copied & set(_files_of(module))
    }

    assert missing == set()


@each_service
def test_an_image_installs_every_package_its_programs_import(service: str) -> None:
    installed = {line.partition("==")[0] for line in image_of(service).requirements.read_text("utf-8").splitlines()}
    distributions = packages_distributions()
    imported = {module for program in programs(service) for module in reached(program)}

    missing = {
        module
        for module in imported - sys.stdlib_module_names
        if not module.startswith(("fleet", "entrypoints"))
        and not installed & {_normal(name) for name in distributions.get(module, [])}
    }

    assert missing == set()


@each_service
def test_an_image_holds_no_tests_and_no_local_database(service: str) -> None:
    assert not [
        name for name in map(str, image_of(service).files) if name.startswith(("tests", "fleet/testing", "fleet/local"))
    ]


def test_only_the_analyzers_image_can_open_stored_tokens() -> None:
    holders = {service for service in IMAGES if Path("fleet/crypto.py") in image_of(service).files}

    assert holders == {"analyzer"}


def test_only_the_analyzers_image_holds_the_analysis() -> None:
    for service in ("spec-generator", *CRON):
        analysis = {str(file) for file in image_of(service).files if "analysis" in file.parts and file.suffix == ".py"}

        assert analysis <= {"fleet/analysis/__init__.py", "fleet/analysis/job.py"}


@each_service
def test_the_build_context_holds_what_an_image_copies(service: str) -> None:
    image = image_of(service)
    allowed = ("requirements/", "sql/", "fleet/", "entrypoints/")

    assert not [file for file in (*image.files, image.requirements) if not str(_relative(file)).startswith(allowed)]


def test_the_graph_says_what_the_files_say() -> None:
    nodes = evaluated()

    assert {name: (node.build, node.deploy) for name, node in nodes.items()} == {
        service: (service_file(service).build, service_file(service).deploy) for service in IMAGES
    }


def test_the_graph_plans_nothing_outside_these_services() -> None:
    answer = json.loads(
        subprocess.run(
            [sys.executable, "-c", EVALUATE, ROOT / "railway" / "railway.py"], capture_output=True, check=True
        ).stdout
    )

    assert answer["partial"] == "fleet"


def test_a_process_is_told_how_long_it_may_drain() -> None:
    for name, node in evaluated().items():
        told = node.variables.get("RAILWAY_DEPLOYMENT_DRAINING_SECONDS")

        assert (told and told.value) == (node.deploy.drainingSeconds and str(node.deploy.drainingSeconds)), name


@each_service
def test_the_graph_keeps_every_variable_the_process_cannot_do_without(service: str) -> None:
    fields = msgspec.structs.fields(settings_of(program_of(service)))
    required = {field.encode_name for field in fields if field.required} | NEEDED_THERE.get(service, set())

    kept = {name for name, variable in evaluated()[service].variables.items() if variable.type == "preserve"}

    assert kept == required


def test_no_secret_stands_in_the_graph() -> None:
    for service, node in evaluated().items():
        fields = msgspec.structs.fields(settings_of(program_of(service)))
        secrets = {field.encode_name for field in fields if _is_secret(field.type)}

        assert {node.variables[name].value for name in secrets & set(node.variables)} == {None}


def test_a_repository_can_be_named_when_planning() -> None:
    sources = {node.source["repo"] for node in evaluated(FLEET_REPOSITORY="owner/fleet").values() if node.source}

    assert sources == {"owner/fleet"}


def _files_of(module: str) -> tuple[Path, Path]:
    path = Path(*module.split("."))
    return path.with_suffix(".py"), path / "__init__.py"


def _relative(file: Path) -> Path:
    return file.relative_to(ROOT) if file.is_absolute() else file


def _normal(distribution: str) -> str:
    return distribution.lower().replace("_", "-").replace(".", "-")


def _is_secret(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Secret)
