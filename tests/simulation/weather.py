"""What goes wrong in one simulation, drawn from its seed: some kinds of trouble and not others, and how often."""

from random import Random

import msgspec

from fleet.db import COMMAND_LIMIT

# Trouble ends here, and everything must come right; both in seconds.
CHAOS = 40.0
# For listeners to reconnect, and for what hangs to time out.
SETTLING = 45.0

RARE = (0.0, 0.0, 0.01, 0.05, 0.2)


class Fate(msgspec.Struct, frozen=True):
    """What becomes of one call. *there* and *back* are seconds; *error* is when the caller sees one instead."""

    there: float
    back: float
    arrives: bool = True
    answers: bool = True
    error: float = 0.0


class Weather(msgspec.Struct, kw_only=True):
    """How often a request or an answer is lost, is slow, hangs; and what becomes of notifications."""

    random: Random
    request_lost: float
    answer_lost: float
    slow: float
    renewal_lost: float
    notice_lost: float
    notice_doubled: float
    notice_late: float
    hangs: float
    # Of the time after the chaos: whether notifications still get lost, and the listener's own with them.
    wakes_lost: bool
    deaf: bool

    @classmethod
    def drawn(cls, random: Random) -> "Weather":
        names = (
            "request_lost",
            "answer_lost",
            "slow",
            "renewal_lost",
            "notice_lost",
            "notice_doubled",
            "notice_late",
            "hangs",
        )
        after = random.random()
        return cls(
            random=random,
            **{name: random.choice(RARE) for name in names},
            wakes_lost=after < 0.1,
            deaf=0.1 < after < 0.2,
        )

    def fate(self, function: str, now: float, *, cut_off: bool) -> Fate:
        """Return what becomes of a call sent *now*; *cut_off*: nothing reaches the other side, and nobody says so."""
        chance = self.random.random
        there, back = 0.001 + 0.02 * chance(), 0.001 + 0.02 * chance()
        # Drawn whatever the rest says, so that one kind of trouble does not change the others.
        lost, slow, answer, hang, late = chance(), chance(), chance(), chance(), chance()
        error = COMMAND_LIMIT.total_seconds() if hang < self.hangs else 0.05 * (1 + late)
        if cut_off:
            return Fate(there, back, arrives=False, answers=False, error=COMMAND_LIMIT.total_seconds())
        if now >= CHAOS:
            return Fate(there, back)
        if slow < self.slow:
            there, back = there + 8 * late**3, back + 15 * hang**3
        limit = self.request_lost + (self.renewal_lost if function == "renew_lease" else 0)
        if lost < limit:
            return Fate(there, back, arrives=False, answers=False, error=error)
        return Fate(there, back, answers=answer >= self.answer_lost, error=there + error)

    def notices(self, channel: str, now: float) -> list[float]:
        """Return after how many seconds each copy of a notification is heard."""
        chance = self.random.random
        lost, doubled, late = chance(), chance(), chance()
        delay = 0.001 + 0.01 * chance()
        if now >= CHAOS:
            is_echo = channel.startswith("fleet_echo")
            return [] if self.deaf or (self.wakes_lost and not is_echo) else [delay]
        if lost < self.notice_lost:
            return []
        if late < self.notice_late:
            delay += 20 * late / self.notice_late
        return [delay, delay + chance()] if doubled < self.notice_doubled else [delay]
