"""What a process and its queue have done and how they are, as the text that Prometheus reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector, CollectorRegistry

from fleet.db import Pool
from fleet.ops.described import DATABASE, LOCAL
from fleet.ops.gauges import Gauge, Gauges
from fleet.ops.port import Answer
from fleet.telemetry import AtWork, Histogram, Telemetry

# To make the text takes some milliseconds; for so long it serves whoever else asks.
FRESH = timedelta(seconds=1)


class Metrics:
    """Everything that is told at /metrics; *about* are the labels that say which process it is."""

    def __init__(self, telemetry: Telemetry, about: Mapping[str, str]) -> None:
        self._telemetry = telemetry
        self._about = about
        self.pool: Pool | None = None
        self.gauges: Gauges | None = None
        self._process = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._process)

        self._text = b""
        self._made_at = float("-inf")

    async def answer(self) -> Answer:
        """Return the text; a database that does not answer only leaves out what it would have said."""
        if self._telemetry.vitals.clock() - self._made_at >= FRESH.total_seconds():
            self._text = await self._make()
            self._made_at = self._telemetry.vitals.clock()
        return Answer(200, self._text, CONTENT_TYPE_LATEST)

    async def _make(self) -> bytes:
        told: Sequence[Gauge] | None = None
        if self.gauges is not None:
            told = await self.gauges.read()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collected([*self._local(), *self._of_database(told)]))
        return generate_latest(registry) + generate_latest(self._process)

    def _local(self) -> Iterator[Metric]:
        tally, vitals = self._telemetry.tally, self._telemetry.vitals
        tally.fold()
        yield _gauge("fleet_worker_info", [(self._about, 1.0)])
        yield _counter("fleet_claims", [({"outcome": outcome}, count) for outcome, count in tally.claims.items()])
        yield _histogram("fleet_claim_seconds", [({}, tally.claim_seconds)])
        yield _histogram("fleet_job_wait_seconds", [({"queue": queue}, of) for queue, of in tally.waits.items()])
        runs = [({"kind": kind, "outcome": outcome}, of) for (kind, outcome), of in tally.runs.items()]
        yield _histogram("fleet_attempt_seconds", runs)
        yield _counter("fleet_attempts", [(labels, sum(of.counts)) for labels, of in runs])
        yield _counter("fleet_leases_lost", [({}, tally.leases_lost)])
        yield _counter("fleet_loop_lag_seconds", [({}, tally.lag_seconds)])
        yield _gauge("fleet_loop_worst_lag_seconds", [({}, vitals.lag())])
        yield _gauge("fleet_stopping", [({}, float(vitals.stopping()))])
        if vitals.claimed_at is not None:
            yield _gauge("fleet_last_claim_age_seconds", [({}, vitals.clock() - vitals.claimed_at)])
        if vitals.at_work is not None:
            yield from _at_work(vitals.at_work)
        if self.pool is not None:
            used = self.pool.usage()
            yield _gauge("fleet_pool_connections", [({"state": state}, count) for state, count in used.by_state()])
            yield _gauge("fleet_pool_size", [({}, used.size)])

    def _of_database(self, told: Sequence[Gauge] | None) -> Iterator[Metric]:
        if self.gauges is None:
            return
        yield _gauge("fleet_database_up", [({}, float(told is not None))])
        by_name: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        for one in told or ():
            by_name.setdefault(f"fleet_{one.name}", []).append((one.labels, one.value))
        # What a newer database says besides is for newer workers.
        yield from (_gauge(name, samples) for name, samples in by_name.items() if name in DATABASE)


class _Collected(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _at_work(at_work: AtWork) -> Iterator[Metric]:
    slots = at_work.slots()
    yield _gauge("fleet_lease_margin_seconds", [({}, at_work.trusts_for())])
    yield _gauge("fleet_lease_seconds", [({}, at_work.lease_seconds)])
    yield _gauge("fleet_listening", [({}, float(at_work.heard_ago() is not None))])
    yield _gauge("fleet_slots", [({"queue": queue}, one.all) for queue, one in slots.items()])
    yield _gauge("fleet_slots_taken", [({"queue": queue}, one.taken) for queue, one in slots.items()])
    yield _gauge("fleet_slots_stuck", [({"queue": queue}, one.stuck) for queue, one in slots.items()])
    yield _gauge("fleet_unwritten_ends", [({}, at_work.unwritten())])


def _gauge(name: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    family = GaugeMetricFamily(name, LOCAL.get(name) or DATABASE[name])
    for labels, value in samples:
        family.add_sample(name, dict(labels), value)
    return family


def _counter(name: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Metric:
    family = CounterMetricFamily(name, LOCAL[f"{name}_total"])
    for labels, value in samples:
        family.add_sample(f"{name}_total", dict(labels), value)
    return family


def _histogram(name: str, samples: Iterable[tuple[Mapping[str, str], Histogram]]) -> Metric:
    family = HistogramMetricFamily(name, LOCAL[name])
    for labels, histogram in samples:
        below = 0
        bounds = (*(str(bound / histogram.units) for bound in histogram.bounds), "+Inf")
        for bound, count in zip(bounds, histogram.counts, strict=True):
            below += count
            family.add_sample(f"{name}_bucket", {**labels, "le": bound}, below)
        family.add_sample(f"{name}_count", dict(labels), below)
        family.add_sample(f"{name}_sum", dict(labels), histogram.sum / histogram.units)
    return family
