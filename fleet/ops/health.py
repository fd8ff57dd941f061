"""Whether a worker is to be restarted, and whether a job that is enqueued now would be run."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from fleet.ops.port import Answer
from fleet.telemetry import AtWork, Vitals

# A worker with a free slot claims every half minute at least, and its claim may wait for a connection.
CLAIM_LIMIT = timedelta(seconds=45)
# It tries whatever the database does; one that has not for so long hangs where nothing was thought to hang.
TRY_LIMIT = timedelta(minutes=5)

_OK = 200
_NOT_OK = 503


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    check: str
    ok: bool
    detail: str


class Verdict(msgspec.Struct, frozen=True):
    """All that was looked at; well when each of it is."""

    ok: bool
    checks: Sequence[Check]

    def answer(self) -> Answer:
        return Answer(_OK if self.ok else _NOT_OK, msgspec.json.encode(self) + b"\n", "application/json")


def liveness(vitals: Vitals) -> Verdict:
    """Return whether the process is to be left alone; not ok only where a restart would help.

    That this is answered at all shows that the loop turns. A database that is gone, a drain and full slots are no
    reason to restart: what they need is time.
    """
    return _verdict(
        Check("loop", ok=True, detail=f"at most {vitals.lag():.3f} s late within the last minute"),
        _trying(vitals),
        _slots(vitals),
    )


def readiness(vitals: Vitals) -> Verdict:
    """Return whether a job that is enqueued now would be run here: each step to it was taken a moment ago."""
    return _verdict(
        Check(
            "schema",
            ok=vitals.schema_is_current,
            detail="as this release needs it" if vitals.schema_is_current else "not seen yet",
        ),
        Check("stopping", ok=not vitals.stopping(), detail="it drains" if vitals.stopping() else "no"),
        _lease(vitals.at_work),
        _listener(vitals.at_work),
        _claim(vitals),
    )


def _verdict(*checks: Check) -> Verdict:
    return Verdict(ok=all(check.ok for check in checks), checks=checks)


def _trying(vitals: Vitals) -> Check:
    ago = vitals.clock() - vitals.tried_at
    detail = f"it last set out for work {ago:.1f} s ago"
    if vitals.stopping() or vitals.is_full():
        return Check("claiming", ok=True, detail="it stops" if vitals.stopping() else "no slot is free")
    return Check("claiming", ok=ago <= TRY_LIMIT.total_seconds(), detail=detail)


def _slots(vitals: Vitals) -> Check:
    if vitals.at_work is None:
        return Check("slots", ok=True, detail="it has no lease yet")
    stuck = sum(one.stuck for one in vitals.at_work.slots().values())
    return Check(
        "slots", ok=not vitals.at_work.is_clogged(), detail=f"{stuck} held by handlers that ignore their cancellation"
    )


def _lease(at_work: AtWork | None) -> Check:
    if at_work is None:
        return Check("lease", ok=False, detail="not registered yet")
    left = at_work.trusts_for()
    return Check("lease", ok=left > 0, detail=f"trusted for {left:.1f} s more")


def _listener(at_work: AtWork | None) -> Check:
    heard_ago = None if at_work is None else at_work.heard_ago()
    if heard_ago is None:
        return Check("listener", ok=False, detail="it does not hear itself")
    return Check("listener", ok=True, detail=f"it heard itself {heard_ago:.1f} s ago")


def _claim(vitals: Vitals) -> Check:
    if vitals.claimed_at is None:
        return Check("claim", ok=False, detail="none has come back yet")
    ago = vitals.clock() - vitals.claimed_at
    if vitals.is_full():
        return Check("claim", ok=True, detail="no slot is free")
    return Check("claim", ok=ago <= CLAIM_LIMIT.total_seconds(), detail=f"one came back {ago:.1f} s ago")
