"""The arguments of a specification. Producers import this; it reaches nothing else of the feature."""

from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from fleet.queue.job import Job, Policy

Key = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
# The database counts bytes; what a language may look like is checked when the job starts.
Language = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]

QUEUES = ("specview_priority", "specview_default", "specview_scheduled")


class GenerateSpec(Job, frozen=True, kw_only=True):
    """Write the document of a completed analysis; *force* makes a new version even when it says the same."""

    kind: ClassVar[str] = "generate_spec"
    queue: ClassVar[str] = "specview_default"
    policy: ClassVar[Policy] = Policy(max_attempts=3, time_limit=timedelta(minutes=90))
    unique_by: ClassVar[tuple[str, ...]] = ("analysis_id", "language", "user_id")
    fair_by: ClassVar[str | None] = "user_id"

    analysis_id: Key
    user_id: Key | None = None
    language: Language = "English"
    force: bool = False
