"""Folders for the local PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user may pass, unlike tmp_path: as root the server runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-test-", dir="/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
