"""What became of a question, as a value."""

from collections.abc import Mapping

import msgspec

from fleet.specgen.cache import Answer


class Answered(msgspec.Struct, frozen=True):
    """At least one of the things that were asked about has its answer; it is kept by now."""

    answers: Mapping[bytes, Answer]


class TooLong(msgspec.Struct, frozen=True):
    """The question or its answer is longer than the model can have it."""


class Withheld(msgspec.Struct, frozen=True):
    """The model would not say it."""


class GivenUp(msgspec.Struct, frozen=True):
    """Nothing usable came, though the provider answers others."""


Outcome = Answered | TooLong | Withheld | GivenUp
