"""What the queue refuses, as errors of the program."""

from fleet.db import RefusedValue
from fleet.errors import InvalidJob, QueueFull, UnknownKind


def as_error(refusal: BaseException, kind: str) -> BaseException:
    """Return the error to raise for *refusal*; one that is not about the request comes back as it is."""
    match getattr(refusal, "sqlstate", None):
        case "FL001":
            return UnknownKind("no migration has declared this kind", kind=kind, hint=getattr(refusal, "hint", None))
        case "FL002":
            return InvalidJob(str(refusal), kind=kind)
        case "FL005":
            return QueueFull("as many jobs wait in the queue as may", kind=kind, reason=_first_line(refusal))
    if isinstance(refusal, RefusedValue):
        return InvalidJob("the queue refuses a value of this job", kind=kind, reason=_reason(refusal))
    return refusal


def _reason(refusal: BaseException) -> str:
    """Return what is wrong, without the row that the server would quote."""
    return getattr(refusal, "constraint_name", None) or _first_line(refusal)


def _first_line(refusal: BaseException) -> str:
    return str(refusal).partition("\n")[0]
