"""A job: typed arguments, and what its kind promises about running it."""

from datetime import timedelta
from typing import Any, ClassVar, Literal, Protocol, TypeVar

import msgspec

from fleet.queue.retry import Backoff, Exceptions, RetryBudget

# Carries the version of the arguments among them, where it is above 1; no argument may have this name.
VERSION_KEY = "$v"

UniqueScope = Literal["waiting", "active"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How often, how long and how patiently a kind is tried.

    ``exceptions`` names errors that have a backoff of their own, by class or as ``"module.Class"``; with None for it,
    such an error ends the job. Of the classes that an error is of, the most specific one counts.
    """

    max_attempts: int = 3
    time_limit: timedelta = timedelta(minutes=20)
    backoff: Backoff = Backoff()
    exceptions: Exceptions = msgspec.field(default_factory=dict)
    retry_budget: RetryBudget = RetryBudget()


class Job(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of one job; a subclass is a kind. Importable without the handler's code.

    ``unique_by`` names the arguments that make two live jobs the same job; empty means none are. With the
    ``unique_scope`` waiting, a running job is no longer in the way: while it runs, one more may wait.

    ``fair_by`` names the argument that says whose job it is, such as a tenant; ``fleet.limit_keys`` bounds how many
    jobs of each are ready or running at once.

    ``result`` is what a handler returns; one that returns another struct is then a type error.

    ``version`` numbers the shapes that the arguments have had. Raise it with a change that older arguments do not fit,
    and make them fit in ``upcast``; jobs enqueued before the change then run after it.
    """

    kind: ClassVar[str]
    queue: ClassVar[str]
    policy: ClassVar[Policy] = Policy()
    unique_by: ClassVar[tuple[str, ...]] = ()
    unique_scope: ClassVar[UniqueScope] = "active"
    fair_by: ClassVar[str | None] = None
    result: ClassVar[type[msgspec.Struct | None]] = msgspec.Struct
    version: ClassVar[int] = 1

    @classmethod
    def upcast(cls, args: dict[str, Any], version: int) -> dict[str, Any]:
        """Return *args* of an older *version* in the present shape; they are decoded, and checked, afterwards."""
        del version
        return args


JobT_co = TypeVar("JobT_co", bound=Job, covariant=True)
# Invariant: what a handler returns is the declared result, and nothing that the two have in common.
ResultT = TypeVar("ResultT", bound=msgspec.Struct | None)


class Kind(Protocol[JobT_co, ResultT]):
    """A subclass of Job, seen as the arguments it makes and the result it declares."""

    result: type[ResultT]

    def __call__(self, *args: Any, **kwargs: Any) -> JobT_co: ...
