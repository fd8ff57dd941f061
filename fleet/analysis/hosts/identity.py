"""Who a repository is: what its host says of it, by a number that renaming does not change."""

from typing import Protocol

import msgspec

from fleet.analysis.repository import RepositoryAddress
from fleet.config import Secret


class Identity(msgspec.Struct, frozen=True):
    """A repository as its host's API knows it."""

    # Unique on its host, and never given to another repository.
    external_id: str
    # Where it is now, whatever it was asked for by.
    address: RepositoryAddress
    private: bool


class Identities(Protocol):
    """A host that can be asked who its repositories are."""

    async def identify(self, address: RepositoryAddress, token: Secret | None) -> Identity:
        """Return who is at *address* now, or was there before it was renamed.

        Raises RepositoryRefused when the host says that nobody is whom *token* may see, RepositoryUnavailable when it
        says nothing that can be relied on, Snooze when it asks for patience.
        """
        ...


class Dialect(Protocol):
    """How one kind of API puts it."""

    @property
    def base(self) -> str:
        """Return the URL that all others of the API begin with."""
        ...

    @property
    def accept(self) -> str:
        """Return the type of answer that is asked for."""
        ...

    def url(self, address: RepositoryAddress) -> str:
        """Return the URL of what the API says of *address*."""
        ...

    def read(self, body: bytes, *, anonymous: bool) -> Identity:
        """Return what a good answer says; raises msgspec.MsgspecError or InvalidRepository when it says nothing."""
        ...
