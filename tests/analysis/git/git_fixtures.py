"""What the tests of fetching share; the conftest files beside the tests name them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.analysis.git.source import RemoteSource, remote_source
from fleet.analysis.limits import Limits
from fleet.analysis.repository import RepositoryAddress
from tests.analysis.git.hosting import Authority, FakeHost, make_authority, serve
from tests.analysis.git.plumbing import BareRepository

FILTERING = "[uploadpack]\n\tallowFilter = true\n"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def host(tmp_path: Path, authority: Authority) -> Iterator[FakeHost]:
    with serve(tmp_path / "hosted", authority) as host:
        yield host


@pytest.fixture
def hosted(host: FakeHost) -> BareRepository:
    """The repository github.com/psf/requests of the host, empty, which can leave files out."""
    return BareRepository(host.root / "psf" / "requests.git", settings=FILTERING)


@pytest.fixture
def source(host: FakeHost) -> RemoteSource:
    return remote_source(RepositoryAddress("github.com", "psf", "requests"), network=host.network)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


@pytest.fixture
def limits() -> Limits:
    return Limits()
