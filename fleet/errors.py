"""Every error that is raised on purpose.

FleetError
├── ConfigError                 the environment does not describe a runnable process
├── DatabaseUnavailable         PostgreSQL could not be reached in time
├── SchemaMismatch              the database is not at the schema this release needs
├── CommandError                what an operator typed and cannot be done; nothing was changed
│   ├── InvalidCommand          a command line that makes no sense
│   └── NothingFound            it names what does not exist
├── ServerUnavailable           a server on the network gave no answer that can be used; may pass
│   └── ServerUnreachable       it was not even asked
├── QueueError
│   ├── InvalidJob              arguments that do not fit the job's type
│   ├── UnknownKind             a kind nobody declared
│   ├── UnknownJob              an id that no job has
│   ├── JobFailed               an awaited job that ended as failed, cancelled or lost
│   ├── JobNotEnded             an awaited job that did not end in time
│   ├── QueueFull               as many jobs wait in the queue as may
│   ├── SealUnusable            a sealed argument that does not open here
│   ├── TimeLimitExceeded       a handler that ran longer than its kind may
│   └── LeaseLost               this worker no longer owns what it was writing about
├── Interruption                how a handler ends its attempt other than by returning
│   ├── Retry                   try again, after a delay of the handler's choosing
│   ├── Snooze                  try again later without using an attempt
│   └── Fail                    never try again
├── AnalysisError
│   ├── InvalidRepository       not a repository address this fleet accepts
│   ├── RepositoryUnavailable   the host did not hand the repository over; may pass
│   ├── RepositoryRefused       it does not exist, or is private without a usable token
│   ├── CommitNotFound          the repository has no such commit
│   ├── InventoryNotFound       nobody has taken it, or not to the end
│   ├── LimitExceeded           the repository is larger than an analysis may be
│   ├── TokenUnusable           a stored token that cannot be read
│   └── ParserUnavailable       the process that reads files does not start
├── SpecificationError
│   ├── AnalysisNotUsable       nothing to write a specification from
│   ├── DocumentNotFound        nobody has written it, or it was removed
│   ├── IncompleteDocument      a test of the analysis was left out, or one was made up
│   ├── ModelRefused            the language model's provider does not take such requests
│   ├── ModelUnavailable        it gave no answer for longer than a job waits
│   ├── ModelUnusable           it answered, and most of it could not be used
│   └── BudgetExceeded          what was asked for would cost more than may be spent
└── LocalDatabaseError          the embedded PostgreSQL did not start
"""

from datetime import timedelta
from typing import ClassVar


class FleetError(Exception):
    """A constant sentence plus the facts it is about, so that logs group by sentence."""

    retryable: ClassVar[bool] = True

    def __init__(self, sentence: str, /, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts

    def __str__(self) -> str:
        if not self.facts:
            return self.sentence
        facts = ", ".join(f"{name}={value}" for name, value in self.facts.items())
        return f"{self.sentence} ({facts})"


class ConfigError(FleetError):
    """Settings that cannot be used; *problems* holds one sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class DatabaseUnavailable(FleetError):
    """PostgreSQL could not be reached in time."""


class SchemaMismatch(FleetError):
    """The database is not at the schema this release needs."""


class CommandError(FleetError):
    """What an operator typed and cannot be done; nothing was changed."""


class InvalidCommand(CommandError):
    """A command line that makes no sense."""


class NothingFound(CommandError):
    """A command that names a job or a queue that does not exist."""


class ServerUnavailable(FleetError):
    """A server on the network gave no whole answer within the limits; the message repeats nothing that was sent."""


class ServerUnreachable(ServerUnavailable):
    """No connection came about, so that nothing of the request was sent."""


class QueueError(FleetError):
    """A request the queue refuses."""


class InvalidJob(QueueError):
    """Arguments that do not fit the job's type; the message carries their path."""

    retryable = False


class UnknownKind(QueueError):
    """A kind nobody declared."""

    retryable = False


class UnknownJob(QueueError):
    """No job has this id: none was committed with it, or its history is no longer kept."""

    retryable = False


class JobFailed(QueueError):
    """An awaited job ended otherwise than done: *outcome* is failed, cancelled or lost."""

    def __init__(
        self, sentence: str, /, *, job: int, outcome: str, error_class: str | None, error_message: str | None
    ) -> None:
        super().__init__(sentence, job=job, outcome=outcome, error_class=error_class, error_message=error_message)
        self.job = job
        self.outcome = outcome
        self.error_class = error_class
        self.error_message = error_message


class JobNotEnded(QueueError):
    """An awaited job did not end in time; it goes on."""


class QueueFull(QueueError):
    """As many jobs wait in the queue as its limit allows; it takes more when workers have caught up."""


class SealUnusable(QueueError):
    """A sealed argument that does not open here; the message repeats nothing of what it holds."""

    retryable = False


class TimeLimitExceeded(QueueError):
    """A handler ran longer than its kind may; no TimeoutError, which is what a host that does not answer gives."""


class LeaseLost(QueueError):
    """The worker no longer owns what it was writing about."""


class Interruption(FleetError):
    """How a handler ends its attempt other than by returning."""


class Retry(Interruption):
    """Try again, *after* a delay or, without one, when the policy says."""

    def __init__(self, reason: str, /, *, after: timedelta | None = None, **facts: object) -> None:
        super().__init__(reason, **facts)
        self.after = after


class Snooze(Interruption):
    """Try again *after* a delay; the attempt is given back."""

    def __init__(self, reason: str, /, *, after: timedelta, **facts: object) -> None:
        super().__init__(reason, **facts)
        self.after = after


class Fail(Interruption):
    """Never try again."""

    retryable = False


class AnalysisError(FleetError):
    """An analysis that cannot go on."""


class InvalidRepository(AnalysisError):
    """Not a repository address this fleet accepts."""

    retryable = False


class RepositoryUnavailable(AnalysisError):
    """The host did not hand the repository over; the next attempt may succeed."""


class RepositoryRefused(AnalysisError):
    """It does not exist, or is private without a usable token."""

    retryable = False


class CommitNotFound(AnalysisError):
    """The repository has no such commit."""

    retryable = False


class InventoryNotFound(AnalysisError):
    """There is no whole inventory of what was asked for."""

    retryable = False


class LimitExceeded(AnalysisError):
    """The repository is larger than an analysis may be."""

    retryable = False


class TokenUnusable(AnalysisError):
    """A stored token that cannot be read; never an excuse to go on without it."""


class ParserUnavailable(AnalysisError):
    """The process that reads files does not start."""


class SpecificationError(FleetError):
    """A specification that cannot be written."""


class AnalysisNotUsable(SpecificationError):
    """Nothing to write a specification from."""

    retryable = False


class DocumentNotFound(SpecificationError):
    """A specification that nobody has written, or that was removed."""


class IncompleteDocument(SpecificationError):
    """A test of the analysis was left out, or one was made up; nothing of the document is saved."""


class ModelRefused(SpecificationError):
    """The provider refuses the requests themselves: its key, its model, their form, or the account's money."""

    retryable = False


class ModelUnavailable(SpecificationError):
    """The provider was away, or asked for patience, for longer than a job waits for it."""

    retryable = False


class ModelUnusable(SpecificationError):
    """The model failed for most of a document; what it did answer is kept for the next attempt."""


class BudgetExceeded(SpecificationError):
    """A request was not sent, because it might cost more than is left."""

    retryable = False


class LocalDatabaseError(FleetError):
    """The embedded PostgreSQL did not start."""
