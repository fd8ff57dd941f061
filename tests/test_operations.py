"""docs/operations.md and the command line's page: every command in them can be typed, every alert is explained."""

import re
import shlex

import pytest

from fleet.cli.program import make_app
from tests.dockerfile import ROOT

PAGES = ("README.md", "docs/cli.md", "docs/operations.md")
RULES = ROOT / "docs" / "monitoring" / "alerts.yaml"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8")) if RULES.exists() else []
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def typed(page: str) -> set[str]:
    """The commands in code of a page, with what follows on their line left out."""
    text = (ROOT / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    spans = re.findall(r"`(fleet [^`]*)`", text)
    return {line for line in (*lines, *spans) if line.startswith("fleet ")}


@pytest.mark.parametrize("command", sorted({command for page in PAGES for command in typed(page)}))
def test_a_command_that_is_shown_can_be_typed(command: str) -> None:
    words = shlex.split(command, comments=True)[1:]
    # In a sentence, the name of a command alone stands for it.
    if len(words) == 1:
        assert words[0] in make_app()
        return

    make_app().parse_args(words, print_error=False, exit_on_error=False)


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_says_what_it_means_and_what_to_do(alert: str) -> None:
    (row,) = re.findall(rf"^\| `{alert}` \|(.*)\|(.*)\|$", OPERATIONS, re.MULTILINE)

    assert all(len(cell.strip()) > 20 for cell in row)


def test_no_alert_is_explained_that_there_is_not() -> None:
    if ALERTS:
        assert set(re.findall(r"^\| `(Fleet\w+)` \|", OPERATIONS, re.MULTILINE)) == set(ALERTS)


def test_every_link_leads_somewhere() -> None:
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)]+)\)", OPERATIONS)} - {""}
    # Described where they are made.
    coming = {"monitoring.md", "monitoring/alerts.yaml"} if not RULES.exists() else set()

    assert {target for target in targets - coming if not (ROOT / "docs" / target).exists()} == set()
