"""The rows of the table: each fault by its name, what it is, and the script that inflicts it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from benchmarks.fault_table import database, handlers, processes
from benchmarks.fault_table.cell import Seen
from benchmarks.fault_table.stage import Stage


class Fault(msgspec.Struct, frozen=True):
    """*title* is the row's; whatever does not end within *limit* is void."""

    title: str
    inflict: Callable[[Stage], Awaitable[Seen]]
    limit: timedelta = timedelta(seconds=150)


FAULTS = {
    "kill": Fault("a worker is killed, and another one is there", processes.kill),
    "kill-all": Fault("the same, with every process that it had started", processes.kill_all),
    "stale": Fault("a frozen worker goes on, and ends a job that another one runs by now", processes.stale),
    "nul": Fault("an error's text has a NUL byte", handlers.nul),
    "surrogate": Fault("an error's text has half a character (a lone surrogate)", handlers.surrogate),
    "exit": Fault("a handler raises SystemExit (in Node: calls process.exit)", handlers.system_exit),
    "cancelled": Fault("a handler raises a CancelledError of nobody's (in Node: an AbortError)", handlers.cancelled),
    "notify": Fault("notifications that mean nothing arrive", database.notify),
    "terminate": Fault("the server ends all connections of a worker", database.terminate),
    "outage": Fault("PostgreSQL is stopped, and started again 6 s later", database.outage),
    "half-open": Fault("all connections of a worker go silent and stay open", database.half_open),
    "block": Fault("a handler blocks its process for 14 s", processes.block),
    "stop": Fault("SIGTERM, while a job runs that takes 25 s", processes.stop),
    "rows": Fault("rows that make no sense are inserted beside good jobs", handlers.rows),
    "deadly": Fault("a job kills its worker, which is started again at once", processes.deadly),
}
