"""The queue in PostgreSQL, for the memory to be held against."""

from tests.queue.sql.conftest import database, listener, queue, shared

__all__ = ["database", "listener", "queue", "shared"]
