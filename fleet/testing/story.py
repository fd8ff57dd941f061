"""What the queue knows about a job, as text for a failed assertion."""

from fleet.db import Connection, Pool

_STORY = "select at, event, attempt, worker::text, detail from fleet.story($1) as told"


async def tell(database: "Pool | Connection", job: int) -> str:
    """Return everything that happened to *job*, and why it is where it is."""
    lines = [f"the story of job {job}:"]
    for row in await database.fetch(_STORY, job):
        facts = [str(row[name]) for name in ("event", "detail") if row[name] is not None]
        attempt = "" if row["attempt"] is None else f" (attempt {row['attempt']} by {row['worker']})"
        lines.append(f"  {row['at']:%H:%M:%S.%f} {': '.join(facts)}{attempt}")
    lines += [f"  why: {row['reason']}" for row in await database.fetch("select fleet.why($1) as reason", job)]
    return "\n".join(lines)
