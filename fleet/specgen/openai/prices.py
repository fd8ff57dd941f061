"""What tokens cost, in whatever currency the prices are written in."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

# What people write: ``model=in/out`` with commas between, each price for a million tokens.
PATTERN = r"^[^=,\s]+=\d+(\.\d+)?/\d+(\.\d+)?(,[^=,\s]+=\d+(\.\d+)?/\d+(\.\d+)?)*\Z"

_MILLION = 1_000_000


class Price(msgspec.Struct, frozen=True):
    """For a million tokens that go in, and for a million that come out."""

    tokens_in: Decimal
    tokens_out: Decimal

    def of(self, tokens_in: int, tokens_out: int) -> Decimal:
        return (self.tokens_in * tokens_in + self.tokens_out * tokens_out) / _MILLION


FREE = Price(Decimal(0), Decimal(0))


def prices_of(text: str) -> Mapping[str, Price]:
    """Return the prices by model; *text* is empty or fits PATTERN."""
    pairs = (pair.rpartition("=") for pair in text.split(",") if pair)
    return {model: Price(*map(Decimal, price.split("/"))) for model, _, price in pairs}
