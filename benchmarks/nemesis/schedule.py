"""Which fault comes when, to whom: a function of the seed alone."""

from collections.abc import Iterator, Sequence
from random import Random

import msgspec

# What is done to one worker process, and what to the server or by hand.
TO_WORKERS = (
    *("kill", "freeze", "deploy", "half_open", "partition", "answers_lost", "slow_db"),
    *("terminate", "cut_listen", "deafen", "lose_lease", "kill_keeper", "freeze_keeper"),
)
TO_SERVER = (
    *("restart", "crash", "clock_forward", "clock_back", "lock_table"),
    *("bad_notifications", "bad_rows", "cancel", "take_by_hand"),
)


class Fault(msgspec.Struct, frozen=True):
    """After *pause* seconds something happens, and lasts *leases* leases if it is of the kind that lasts."""

    kind: str
    pause: float
    leases: float


def faults(
    seed: int,
    victim: str,
    first: Sequence[str],
    kinds: Sequence[str],
    *,
    pace: float,
    leases: tuple[float, float] = (0.2, 2.0),
) -> Iterator[Fault]:
    """Deal *victim* its *first* hand, then all *kinds* in every round, *pace* seconds apart, without end."""
    random = Random(f"{seed}/{victim}")  # noqa: S311  # no secret
    hand = list(first)
    while True:
        for kind in hand:
            yield Fault(kind, round(random.uniform(0, 2 * pace), 3), round(random.uniform(*leases), 3))
        hand = random.sample(list(kinds), len(kinds))


def hands(seed: int, victims: int, kinds: Sequence[str]) -> list[list[str]]:
    """Divide *kinds* among *victims*, so that together they meet each kind before anybody meets one twice."""
    dealt = Random(f"{seed}/hands").sample(list(kinds), len(kinds))  # noqa: S311  # no secret
    return [dealt[first::victims] for first in range(victims)]
