"""Whether this machine and the server agree what time it is."""

from datetime import datetime, timedelta

from fleet.cli.doctor.finding import Finding, Ground, ok, warn
from fleet.cli.words import brief

_SAMPLES = 3
_TOLERATED = timedelta(seconds=2)


async def look(ground: Ground) -> list[Finding]:
    samples = []
    for _ in range(_SAMPLES):
        before = ground.now()
        server = await ground.connection.fetchval("select clock_timestamp()")
        samples.append((before, server, ground.now()))
    return [judge(samples)]


def judge(samples: list[tuple[datetime, datetime, datetime]]) -> Finding:
    """Judge (sent, server, received): the quickest answer says most."""
    sent, server, received = min(samples, key=lambda sample: sample[2] - sample[0])
    # Within the time that the answer took, nobody can tell.
    ahead = (server - sent, server - received)
    skew = timedelta(0) if ahead[0] >= timedelta(0) >= ahead[1] else min(ahead, key=abs)
    if abs(skew) <= _TOLERATED:
        return ok(f"the server's clock is within {brief(abs(skew) + (received - sent))} of this machine's")
    way = "ahead of" if skew > timedelta(0) else "behind"
    return warn(
        f"the server's clock is {brief(abs(skew))} {way} this machine's",
        "Leases and times to run go by the server's alone; set the wrong one right by NTP, or logs will not line up.",
    )
