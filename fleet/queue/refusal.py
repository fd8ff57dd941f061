"""What the queue refuses, as errors of the program."""

from fleet.db import RefusedValue
from fleet.errors import InvalidJob, UnknownKind


def as_error(refusal: BaseException, kind: str) -> BaseException:
    """Return the error to raise for *refusal*; one that is not about the request comes back as it is."""
    match getattr(refusal, "sqlstate", None):
        case "FL001":
            return UnknownKind("no migration has declared this kind", kind=kind, hint=getattr(refusal, "hint", None))
        case "FL002":
            return InvalidJob(str(refusal), kind=kind)
    if isinstance(refusal, RefusedValue):
        return InvalidJob("the queue refuses a value of this job", kind=kind, reason=_reason(refusal))
    return refusal


def _reason(refusal: BaseException) -> str:
    """Return what is wrong, without the row that the server would quote."""
    return getattr(refusal, "constraint_name", None) or str(refusal).partition("\n")[0]
