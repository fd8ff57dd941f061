"""The documents below docs/examples/, which are written by a command and kept."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from benchmarks.examples import AT_MOST, FOLDER, LONGEST, PINNED, header, name_of
from fleet.specgen.outline.writer import Outline

ROOT = Path(__file__).parents[2]
EXAMPLES = {repository: FOLDER / name_of(repository) for repository in PINNED}
# Paths of whatever machine the command ran on.
LOCAL = re.compile(r"/(?:root|home|Users|tmp|work|var)/[\w.-]+/")


def test_the_folder_holds_the_pinned_repositories_and_nothing_else() -> None:
    assert sorted(FOLDER.iterdir()) == sorted(EXAMPLES.values())


@pytest.mark.parametrize("repository", PINNED)
def test_an_example_says_what_it_was_written_by_and_from(repository: str) -> None:
    text = EXAMPLES[repository].read_text(encoding="utf-8")

    assert text.startswith(tuple(header(repository, Outline.prompt_version, at_most) for at_most in AT_MOST)), (
        f'the outline has changed: make examples ARGS="{repository}"'
    )
    assert f"\n\n# {repository}\n" in text
    assert "examples: .venv/.dev\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("repository", PINNED)
def test_an_example_is_well_formed_and_of_nobodys_machine(repository: str) -> None:
    text = EXAMPLES[repository].read_text(encoding="utf-8")
    tokens = [token for block in MarkdownIt().parse(text) for token in (block, *(block.children or ()))]
    addresses = [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]

    assert len(text.encode()) <= LONGEST
    assert text.isprintable() or set(filter(lambda character: not character.isprintable(), text)) == {"\n"}
    # The header is a comment.
    assert [token.type for token in tokens if token.type.startswith("html")] == ["html_block"]
    assert addresses
    pages = tuple(f"https://github.com/{repository}/{page}/{PINNED[repository]}" for page in ("tree", "blob"))
    assert [address for address in addresses if not address.startswith(pages)] == []
    assert not [line for line in text.splitlines() if LOCAL.search(re.sub(r"\]\([^)]*\)|^\[.*", "", line))]
