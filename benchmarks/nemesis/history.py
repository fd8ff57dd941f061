"""What is known when a run is over: what producers were told, what handlers did, what is stored, what befell whom."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from benchmarks.nemesis.journal import Event

Told = Literal["acknowledged", "rolled back", "unknown"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction of a producer: the jobs it asked for, by *marks*, and what it was *told* in the end.

    *ids* are the new ones, *known* those of jobs that were there already, as the *unique* ones may be.
    """

    told: Told
    marks: Sequence[str]
    ids: Sequence[int] = ()
    known: Sequence[int] = ()
    unique: Sequence[str] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the history."""

    id: int
    mark: str | None
    outcome: str
    token: int
    attempt: int
    max_attempts: int
    error_class: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that did not succeed; *at* is when it was closed, by the clock of the journal."""

    job: int
    token: int
    outcome: str
    at: float


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A fault on the worker process *life*, or on the server when there is none.

    One that was *missed* was tried, and may have done harm, without being seen to have happened.
    """

    kind: str
    began: float
    ended: float
    life: str | None = None
    missed: bool = False


class History(msgspec.Struct, kw_only=True):
    """All of it.

    *live* are jobs that have not ended, each with the reason. *by_hand* are claims that a hand took away, *typed* jobs
    that one typed, *cancelled* those it wanted to cancel. *deaths* are workers that ended as nobody had asked them to.
    Each fault that was *planned* must have been hit.
    """

    lease: float
    requests: Sequence[Request] = ()
    events: Sequence[Event] = ()
    ended: Sequence[Ended] = ()
    attempts: Sequence[Attempt] = ()
    live: Sequence[tuple[int, str | None]] = ()
    effects: Sequence[tuple[int, int]] = ()
    hits: Sequence[Hit] = ()
    by_hand: Sequence[tuple[int, int]] = ()
    typed: Sequence[int] = ()
    cancelled: Sequence[int] = ()
    deaths: Sequence[str] = ()
    planned: Sequence[str] = ()
