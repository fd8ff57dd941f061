"""What writes the sentences: the outline needs no network; a language model may take its place."""

from collections.abc import Sequence
from typing import Protocol

from fleet.specgen.document import Case, Domain, Place, Subject


class Model(Protocol):
    """Answers for every case it is given, or raises; callers check the number of answers only."""

    @property
    def name(self) -> str:
        """What the document says it was written by."""

    @property
    def prompt_version(self) -> str:
        """Changes whenever the same cases would give other sentences."""

    async def classify(self, subject: Subject, cases: Sequence[Case], /) -> Sequence[Place]:
        """Return the place of each case, in the order of *cases*."""

    async def describe(self, place: Place, cases: Sequence[Case], language: str, /) -> Sequence[str]:
        """Return a sentence for each case of one feature, in the order of *cases*; no two are the same."""

    async def summarise(
        self, subject: Subject, cases: Sequence[Case], domains: Sequence[Domain], language: str, /
    ) -> str:
        """Return a short overview of the whole."""
