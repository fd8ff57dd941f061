"""One figure of a benchmark, as a JSON line: what was measured, against whom, and whether that will do."""

from collections.abc import Sequence
from statistics import median
from typing import Literal

import msgspec


class Goal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the *ratio* to the peer, or the *value* itself, is to be."""

    of: Literal["ratio", "value"]
    at_least: float | None = None
    at_most: float | None = None

    def met(self, figure: float) -> bool:
        low = float("-inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= figure <= high


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be found out."""

    question: str
    figure: str
    unit: str
    goal: Goal | None = None


class Finding(Asked, frozen=True, kw_only=True):
    """A median over rounds; *ratio* is the median of the rounds' own ratios to the *peer* beside them."""

    value: float
    rounds: list[float]
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    met: bool | None = None


def alone(asked: Asked, runs: Sequence[float]) -> Finding:
    """Tell a figure that stands for itself."""
    value = median(runs)
    return Finding(
        **msgspec.structs.asdict(asked),
        value=_short(value),
        rounds=_rounded(runs),
        met=None if asked.goal is None else asked.goal.met(value),
    )


def beside(asked: Asked, runs: Sequence[float], peer: str, peer_runs: Sequence[float]) -> Finding:
    """Tell a figure and that of a peer, measured in the same rounds."""
    ratio = median(ours / theirs for ours, theirs in zip(runs, peer_runs, strict=True))
    value = median(runs)
    return Finding(
        **msgspec.structs.asdict(asked),
        value=_short(value),
        rounds=_rounded(runs),
        peer=peer,
        peer_value=_short(median(peer_runs)),
        ratio=round(ratio, 3),
        met=None if asked.goal is None else asked.goal.met(ratio if asked.goal.of == "ratio" else value),
    )


def _rounded(runs: Sequence[float]) -> list[float]:
    return [_short(run) for run in runs]


def _short(figure: float) -> float:
    return float(f"{figure:.4g}")
