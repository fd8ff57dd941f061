"""Folders for the local PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder every user may pass, unlike tmp_path: as root the server runs as another user."""
    # In memory where there is room: what is tested here is not the disk, and initdb waits for it long.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30
    folder = Path(tempfile.mkdtemp(prefix="fleet-test-", dir=memory if roomy else "/tmp")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
