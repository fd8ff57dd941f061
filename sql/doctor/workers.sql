-- workers: the live workers by service and version.
select worker.service, worker.version, count(*) as workers, min(worker.started_at) as since
from fleet.worker as worker
where worker.lease_until > fleet.now()
group by worker.service, worker.version
order by worker.service, worker.version
