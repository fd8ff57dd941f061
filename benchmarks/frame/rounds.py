"""Runs the contenders in turn, A B A B, so that whatever else the machine does falls on all of them."""

from collections.abc import Awaitable, Callable, Mapping

from benchmarks.frame.probe import Probe

# One run of one contender; returns its figures by name.
Run = Callable[[], Awaitable[Mapping[str, float]]]


class Rounds:
    """The figures of all runs, by contender."""

    def __init__(self, figures: Mapping[str, list[Mapping[str, float]]]) -> None:
        self._figures = figures

    def of(self, contender: str, figure: str) -> list[float]:
        """Return one figure of every run of *contender*, in the order of the rounds."""
        return [run[figure] for run in self._figures[contender]]


async def interleave(contenders: Mapping[str, Run], rounds: int, probe: Probe) -> Rounds:
    figures: dict[str, list[Mapping[str, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        await probe.take()
        for name, run in contenders.items():
            figures[name].append(await run())
    return Rounds(figures)
