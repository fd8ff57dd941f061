-- freshness: as of when the sums of finished jobs are, and from when on jobs may be missing in them.
--
-- Takes no lock.
select rollup.counted_at, rollup.since, fleet.now() as now, fleet.now() - rollup.counted_at as behind
from fleet.rollup as rollup
