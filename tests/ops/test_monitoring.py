"""The dashboard and the alerts ask for what a worker really tells."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from fleet.db import Connection, Pool
from fleet.ops.described import DATABASE, LOCAL
from fleet.queue.enqueue import enqueue
from fleet.testing.until import until
from tests.ops.conftest import Consumers, put
from tests.ops.consumer import Act
from tests.processes.conftest import PATIENCE, ROOT

DASHBOARD = ROOT / "docs" / "monitoring" / "dashboard.json"
ALERTS = ROOT / "docs" / "monitoring" / "alerts.yaml"
DOCUMENT = ROOT / "docs" / "monitoring.md"

# What an expression is made of besides names of metrics and of labels.
_NAME = re.compile(r"\b(?:fleet|process)_[a-z_]+")


def panels() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return read


def alerts() -> Iterator[dict[str, str]]:
    """The rules of the file, which keeps each value on the line of its key, and quotes what needs it with one mark."""
    for rule in re.split(r"^ +- (?=alert)|^  - name.*$", ALERTS.read_text(encoding="utf-8"), flags=re.MULTILINE):
        if not rule.startswith("alert: "):
            continue
        lines = (line.strip().partition(": ") for line in rule.splitlines() if ": " in line)
        yield {key: value.strip("'").replace("''", "'") for key, _, value in lines}


def asked_for() -> dict[str, str]:
    """Return each expression by what asks for it."""
    of_panels = {
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in panels()
        for target in panel.get("targets", ())
    }
    return of_panels | {f"alert {rule['alert']}": rule["expr"] for rule in alerts()}


async def told(consumers: Consumers, pool: Pool, conn: Connection) -> str:
    """Return /metrics of a worker to which everything has happened that is counted."""
    await conn.execute("select fleet.begin_cron_run('task', '1 day', 'v1', dry_run => false)")
    consumer = await consumers.start()
    await consumer.ready()
    for job in (Act(), Act(act="fail"), Act(act="retry")):
        await put(pool, job)
    await enqueue(conn, Act(), run_at=None, priority=3)

    async def all_ended() -> bool:
        return int(await pool.fetchval("select count(*) from fleet.job_history where outcome = 'failed'")) > 0

    await until(all_ended, within=PATIENCE)

    async def text() -> str | None:
        answer = await consumer.ask("/metrics")
        body = answer.body.decode()
        return body if "fleet_recent_failures{" in body else None

    return await until(text, within=PATIENCE)


async def test_what_is_asked_for_is_told_by_a_worker_and_all_that_is_told_is_described(
    consumers: Consumers, pool: Pool, conn: Connection
) -> None:
    text = await told(consumers, pool, conn)
    samples = {line.partition(" ")[0].partition("{")[0] for line in text.splitlines() if not line.startswith("#")}

    missing = {
        (name, who)
        for who, expression in asked_for().items()
        for name in _NAME.findall(expression)
        if name not in samples
    }
    # Of a task that was never done nobody knows how long ago that was.
    assert {name for name, _ in missing} <= {"fleet_cron_since_success_seconds"}, missing
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in samples if name.startswith("fleet_")}
    assert families - set(LOCAL) - set(DATABASE) == set()
    assert (set(LOCAL) | set(DATABASE)) - families <= {"fleet_cron_since_success_seconds"}


async def test_the_labels_that_are_asked_for_are_told(consumers: Consumers, pool: Pool, conn: Connection) -> None:
    text = await told(consumers, pool, conn)
    of: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^([a-z_]+)\{([^}]*)\}", text, re.MULTILINE):
        of.setdefault(name, set()).update(re.findall(r"([a-z_]+)=", labels))

    asked = {
        (who, name, label)
        for who, expression in asked_for().items()
        for name, label in (*_selected(expression), *_grouped(expression))
        # Prometheus itself says where it has a value from.
        if label not in {"job", "instance"} and name in of and label not in of[name]
    }

    assert asked == set()


def _selected(expression: str) -> Iterator[tuple[str, str]]:
    """Yield each metric and label of selectors such as ``metric{label="x"}``."""
    for name, labels in re.findall(r"((?:fleet|process)_[a-z_]+)\{([^}]*)\}", expression):
        yield from ((name, label) for label in re.findall(r"([a-z_]+)[=!]", labels))


def _grouped(expression: str) -> Iterator[tuple[str, str]]:
    """Yield each metric and label of aggregations such as ``sum by (label) (metric)``."""
    for by in re.finditer(r"\bby \(([a-z_, ]+)\)", expression):
        name = _NAME.search(expression, by.end())
        if name is not None:
            yield from ((name[0], label.strip()) for label in by[1].split(","))


def test_whatever_is_of_the_database_is_not_added_up_over_processes() -> None:
    """Each process tells the same: their sum would be that many times too much."""
    for who, expression in asked_for().items():
        for name in set(_NAME.findall(expression)) & set(DATABASE):
            assert re.search(rf"(max( by \([a-z, ]+\))? \({name}|max\({name})", expression), (who, name)


def test_everything_that_is_measured_is_shown_and_documented() -> None:
    shown = {name for who, of in asked_for().items() if who.startswith("panel") for name in _NAME.findall(of)}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}
    document = DOCUMENT.read_text(encoding="utf-8")

    assert (set(LOCAL) | set(DATABASE)) - families == set()
    assert {name for name in (*LOCAL, *DATABASE) if f"`{name}`" not in document} == set()


def test_every_alert_has_a_name_of_its_own_a_time_a_severity_and_is_documented() -> None:
    rules = list(alerts())
    document = DOCUMENT.read_text(encoding="utf-8")

    assert len({rule["alert"] for rule in rules}) == len(rules) > 20
    for rule in rules:
        assert set(rule) == {"alert", "expr", "for", "severity", "summary", "description"}, rule["alert"]
        assert rule["severity"] in {"critical", "warning", "info"}
        assert f"`{rule['alert']}`" in document


def test_no_two_panels_are_one_and_none_lies_on_another() -> None:
    taken = [
        (x, y)
        for panel in panels()
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(set(taken)) == len(taken)
    assert len({panel["id"] for panel in panels()}) == len(panels())


with_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


@with_promtool
def test_prometheus_takes_the_alerts() -> None:
    answer = subprocess.run(["promtool", "check", "rules", ALERTS], capture_output=True, text=True, check=False)

    assert answer.returncode == 0, answer.stdout + answer.stderr


@with_promtool
async def test_prometheus_has_nothing_to_say_against_the_metrics(
    consumers: Consumers, pool: Pool, conn: Connection
) -> None:
    text = await told(consumers, pool, conn)

    answer = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout + answer.stderr) == (0, "")
