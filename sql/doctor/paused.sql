-- paused: the queues that are paused without an end, and for how long.
select queues.queue, queues.paused_by, queues.pause_reason, fleet.now() - queues.paused_at as since, queues.ready as waiting
from fleet.queues as queues
where queues.paused_at is not null and queues.resume_at is null
