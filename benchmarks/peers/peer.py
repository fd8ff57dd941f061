"""What another job queue has to offer to be compared: a worker, a client, and where to look in its tables."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

# The queue, the kind of job and how often one may be tried, in every one of them.
QUEUE, KIND, TRIES = "peers", "act", 3

Act = Literal["none", "rest", "raise", "nul", "surrogate", "exit", "cancelled", "kill", "block"]
Program = Literal["python", "node"]


class Task(msgspec.Struct, frozen=True):
    """A job: *mark* is our name for it, by which it is found in the journal and in the tables.

    What *act* does is said in acts.py; *none* does nothing at all and leaves no line in the journal.
    """

    mark: str
    act: Act = "rest"
    seconds: float = 0.0


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker process is to work; what a peer has no setting for it leaves aside, and says so.

    *life* names the process in the journal. *lease* is how long a worker may be silent, *stop* how long one may take
    to end; with *throughput*, the settings are those for many small jobs.
    """

    life: str
    journal: str
    slots: int = 10
    lease: float = 5.0
    stop: float = 10.0
    throughput: bool = False


class Ask(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client process is asked for, one line of JSON each.

    install: make the schema. enqueue: add *tasks*, each by a call of its own. bulk: add *count* tasks that do nothing,
    in the way that is meant for many. single: add *count* of them one by one, *at_once* side by side.
    """

    do: Literal["install", "enqueue", "bulk", "single"]
    tasks: Sequence[Task] = ()
    count: int = 0
    at_once: int = 1


class Answer(msgspec.Struct, frozen=True):
    """When the client began, by the machine's monotonic clock, and how many seconds it took."""

    began: float
    seconds: float


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """One of the queues.

    *idle* is a query that is true when no job is left that may still run, and *held* counts those that are taken.
    *state* takes a mark, and returns the queue's own word for the state of that job: *running* while it runs, and
    *done*, or null where no row is kept. *release* takes a mark, and is what its documentation tells an operator to do
    about the worker of that job, which is dead; empty when nothing needs to be done. *channel* is where it listens.
    *bad_rows* are what a hand could insert: due, of our kind, and nothing that a handler could use. *settings* are for
    whoever reads figures.
    """

    name: str
    program: Program
    idle: str
    held: str
    state: str
    running: str
    done: str = ""
    release: str = ""
    channel: str
    bad_rows: Sequence[str]
    settings: Sequence[str]

    @property
    def folder(self) -> Path:
        return Path(__file__).parent / self.name
