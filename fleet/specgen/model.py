"""What writes the sentences: the outline needs no network; a language model may take its place."""

from collections.abc import Awaitable, Callable, Container, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from fleet.specgen.document import Case, Domain, Place, Subject


class Model(Protocol):
    """Answers for every case it is given, or raises; callers check the number of answers only."""

    @property
    def name(self) -> str:
        """What the document says it was written by."""

    @property
    def prompt_version(self) -> str:
        """Changes whenever the same cases would give other sentences."""

    async def classify(self, subject: Subject, cases: Sequence[Case], language: str, /) -> Sequence[Place]:
        """Return the place of each case, in the order of *cases*, with names in that language."""

    async def describe(self, place: Place, cases: Sequence[Case], language: str, /) -> Sequence[str]:
        """Return a sentence for each case of one feature, in the order of *cases*; no two are the same."""

    async def summarise(
        self, subject: Subject, cases: Sequence[Case], domains: Sequence[Domain], language: str, /
    ) -> str:
        """Return a short overview of the whole."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What a job's requests to a language model took, in all its attempts."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: Decimal = Decimal(0)


async def nothing_to_pay() -> Bill:
    return Bill()


class Writing(msgspec.Struct, frozen=True):
    """A model at work on one document: how many features *at_once*, and which of them had a stand-in for it."""

    model: Model
    at_once: int = 1
    stand_ins: Container[Place] = frozenset()
    bill: Callable[[], Awaitable[Bill]] = nothing_to_pay


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """For which attempt of which job a document is written; *stopping* says that the worker will end soon."""

    job: int
    token: int
    user: int | None
    subject: Subject
    stopping: Callable[[], bool]


Begin = Callable[[Order], Writing]
