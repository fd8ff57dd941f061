"""The kinds of jobs that the tests of the runtime use."""

from datetime import timedelta
from typing import ClassVar

import msgspec

from fleet.errors import TimeLimitExceeded
from fleet.queue.job import Job, Policy
from fleet.queue.retry import Backoff

SOON = Backoff(first=timedelta(milliseconds=1), cap=timedelta(milliseconds=1))


class Greet(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "greet"
    queue: ClassVar[str] = "greetings"
    policy: ClassVar[Policy] = Policy(max_attempts=3, time_limit=timedelta(seconds=20), backoff=SOON)

    name: str = "world"


class Hasty(Greet, frozen=True, kw_only=True):
    kind: ClassVar[str] = "hasty"
    policy: ClassVar[Policy] = Policy(max_attempts=1, time_limit=timedelta(milliseconds=50))


class Choosy(Greet, frozen=True, kw_only=True):
    kind: ClassVar[str] = "choosy"
    policy: ClassVar[Policy] = Policy(
        max_attempts=2,
        time_limit=timedelta(milliseconds=50),
        backoff=SOON,
        exceptions={
            LookupError: None,
            TimeLimitExceeded: None,
            Exception: Backoff(first=timedelta(days=300), cap=timedelta(days=300)),
        },
    )


class Unique(Job, frozen=True, kw_only=True):
    kind: ClassVar[str] = "unique_greet"
    queue: ClassVar[str] = "greetings"
    unique_by: ClassVar[tuple[str, ...]] = ("name",)

    name: str
    loud: bool = False


class Greeting(msgspec.Struct):
    text: str
