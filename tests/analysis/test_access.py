"""What is made of git's refusals when the host's API has said something else."""

from datetime import UTC, datetime

import msgspec
import pytest

from fleet.analysis.access import agreeing, at_head
from fleet.analysis.codebases import Sighting
from fleet.analysis.git.source import remote_source
from fleet.analysis.hosts.identity import Identity
from fleet.analysis.repository import RepositoryAddress
from fleet.analysis.request import Request
from fleet.errors import CommitNotFound, FleetError, RepositoryRefused, RepositoryUnavailable, Retry

ADDRESS = RepositoryAddress("github.com", "psf", "requests")
REQUEST = Request(address=ADDRESS, source=remote_source(ADDRESS), commit=None, user=None, token=None)


def seen(*, private: bool) -> Request:
    sighting = Sighting(Identity("7", ADDRESS, private), datetime(2026, 3, 1, tzinfo=UTC))
    return msgspec.structs.replace(REQUEST, sighting=sighting)


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (REQUEST, RepositoryRefused),
        (seen(private=True), RepositoryRefused),
        (seen(private=False), RepositoryUnavailable),
    ],
    ids=["no API", "private", "public"],
)
def test_only_a_refusal_of_what_is_public_may_pass(request_: Request, expected: type[FleetError]) -> None:
    with pytest.raises(expected), agreeing(request_):
        raise RepositoryRefused("the repository does not exist, or may not be read")


def test_a_head_that_has_gone_before_it_was_fetched_is_looked_up_again() -> None:
    with pytest.raises(Retry), at_head(REQUEST):
        raise CommitNotFound("the repository does not hand out this commit")


def test_a_commit_that_was_asked_for_and_is_gone_is_not_found() -> None:
    with pytest.raises(CommitNotFound), at_head(msgspec.structs.replace(REQUEST, commit="a" * 40)):
        raise CommitNotFound("the repository does not hand out this commit")
