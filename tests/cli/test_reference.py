"""docs/cli.md names everything that the command line has."""

import inspect
import re
import shutil
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import anyio
import pytest

from fleet.cli import exits
from fleet.cli.doctor.examine import CHECKS
from fleet.cli.program import make_app
from tests.cli.conftest import type_command
from tests.processes.conftest import ROOT, environment

PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
COMMANDS = [name for name in make_app() if not name.startswith("-")]


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_is_in_the_reference_and_has_help(command: str) -> None:
    ran = await type_command(command, "--help", environ={})

    assert f"`{command}`" in PAGE
    assert ran.code == 0
    assert f"Usage: fleet {command}" in ran.out


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"completion"}))
async def test_every_command_answers_programs(command: str) -> None:
    assert "--json" in (await type_command(command, "--help", environ={})).out


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_is_in_the_reference(check: str) -> None:
    assert f"`{check}`" in PAGE


def test_every_exit_code_is_in_the_reference() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper()}

    assert codes | {2} == {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}


def test_every_command_has_a_file_of_its_name() -> None:
    files = {path.stem for path in (ROOT / "fleet" / "cli" / "commands").glob("*.py")} - {"__init__"}

    assert files == set(COMMANDS)


async def test_no_command_shows_what_there_is() -> None:
    ran = await type_command(environ={})

    assert ran.code == 0
    assert all(command in ran.out for command in COMMANDS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_a_shell_is_told_the_commands(shell: str, tmp_path: Path) -> None:
    ran = await type_command("completion", shell, environ={})

    assert ran.code == 0
    assert all(command in ran.out for command in COMMANDS)
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(ran.out, encoding="utf-8")
        await anyio.run_process([shell, "-n", script])


async def test_bash_completes_a_command_and_its_options() -> None:
    script = (await type_command("completion", "bash", environ={})).out
    press_tab = 'COMP_WORDS=(fleet retr); COMP_CWORD=1; _fleet; echo "${COMPREPLY[@]}"'

    ran = await anyio.run_process(["bash", "-c", f"{script}\n{press_tab}"])

    assert ran.stdout.split() == [b"retry"]


def test_no_image_has_what_people_type_with() -> None:
    for image in ROOT.glob("Dockerfile.*"):
        requirements = re.search(r"COPY requirements/(\S+)", image.read_text(encoding="utf-8"))
        assert requirements is not None
        installed = (ROOT / "requirements" / requirements[1]).read_text(encoding="utf-8")

        assert not re.search(r"^(cyclopts|rich)==", installed, re.MULTILINE)
        assert "fleet/cli" not in image.read_text(encoding="utf-8")
    assert {"cyclopts", "rich"} <= set(packages_distributions())


@pytest.mark.parametrize("library", ["cyclopts", "rich"])
async def test_a_program_without_its_extra_says_how_to_get_it(library: str) -> None:
    without = f"import sys; sys.modules[{library!r}] = None; from fleet.cli.__main__ import main; main()"

    ran = await anyio.run_process([sys.executable, "-c", without], check=False, env=environment())

    assert ran.returncode == 78
    assert ran.stderr == b"fleet: the command line needs an extra: pip install 'fleet[cli]'\n"


def test_the_wheel_installs_the_program() -> None:
    module, _, function = "fleet.cli.__main__:main".partition(":")

    assert f'fleet = "{module}:{function}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert inspect.isfunction(vars(__import__(module, fromlist=[function]))[function])
