"""How late the loop is: what handlers that block it do to everything else of their process."""

from collections import deque
from datetime import timedelta

import anyio

from fleet.telemetry import Tally, Vitals

# Often enough to see whatever blocks the loop for long, and seldom enough to cost nothing.
TICK = timedelta(seconds=1)
WINDOW = timedelta(minutes=1)


async def watch_loop(tally: Tally, vitals: Vitals, *, tick: timedelta = TICK, window: timedelta = WINDOW) -> None:
    """Note by how much each tick comes late, until cancelled."""
    late = deque[float](maxlen=max(1, round(window / tick)))
    due = anyio.current_time() + tick.total_seconds()

    def worst() -> float:
        # Also what is late at this moment, where whoever asks comes before the tick.
        return max((*late, anyio.current_time() - due, 0.0))

    vitals.lag = worst
    while True:
        await anyio.sleep(due - anyio.current_time())
        lag = max(0.0, anyio.current_time() - due)
        late.append(lag)
        tally.lag_seconds += lag
        due = anyio.current_time() + tick.total_seconds()
