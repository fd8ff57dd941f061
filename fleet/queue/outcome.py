"""How one attempt ended, as a value."""

from datetime import timedelta

import msgspec


class Done(msgspec.Struct, frozen=True):
    """The handler returned; *result* is JSON text, or None."""

    result: str | None


class Finished(msgspec.Struct, frozen=True):
    """The handler completed the job in its own transaction; nothing is left to write."""


class Failed(msgspec.Struct, frozen=True):
    """The handler raised, or never got to run; *delay* None means never again."""

    error_class: str
    error_message: str
    delay: timedelta | None


class Snoozed(msgspec.Struct, frozen=True):
    """The handler asked to run later."""

    delay: timedelta
    reason: str


class Cancelled(msgspec.Struct, frozen=True):
    """The handler was stopped because somebody asked to cancel the job."""


class Interrupted(msgspec.Struct, frozen=True):
    """Shutdown cut the attempt short; the drain hands the job back."""


class Lost(msgspec.Struct, frozen=True):
    """The job belongs to somebody else now; nothing may be written."""


Outcome = Done | Finished | Failed | Snoozed | Cancelled | Interrupted | Lost
Written = Done | Failed | Snoozed | Cancelled

# The same, quicker to ask about.
WRITTEN = (Done, Failed, Snoozed, Cancelled)
