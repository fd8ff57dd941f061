"""Each alert on figures that call for it, and on figures that do not, by Prometheus' own tool where it is installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ops.test_monitoring import alerts

pytestmark = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")

READY = 'fleet_queue_jobs{queue="a",state="ready",instance="x"}'
ATTEMPTS = 'fleet_attempts_total{kind="k",instance="x",outcome="%s"}'
CLAIM = 'fleet_claim_seconds_bucket{instance="x",le="%s"}'

Series = dict[str, str]

# By alert: what is told when it is called for, and what is told when it is not. A value for each minute.
CASES: dict[str, tuple[Series, Series]] = {
    "FleetQueueUnserved": (
        {READY: "3x30", 'fleet_queue_workers{queue="a",instance="x"}': "0x30"},
        {READY: "3x30", 'fleet_queue_workers{queue="a",instance="x"}': "1x30"},
    ),
    "FleetQueueWaits": (
        {'fleet_queue_oldest_wait_seconds{queue="a"}': "301x30", 'fleet_queue_paused{queue="a"}': "0x30"},
        {'fleet_queue_oldest_wait_seconds{queue="a"}': "301x30", 'fleet_queue_paused{queue="a"}': "1x30"},
    ),
    "FleetQueuePaused": (
        {READY: "3x30", 'fleet_queue_paused{queue="a"}': "1x30"},
        {READY: "0x30", 'fleet_queue_paused{queue="a"}': "1x30"},
    ),
    "FleetReplicasShort": (
        {'fleet_queue_recommended_replicas{queue="a"}': "3x30", 'fleet_queue_workers{queue="a"}': "2x30"},
        {'fleet_queue_recommended_replicas{queue="a"}': "3x30", 'fleet_queue_workers{queue="a"}': "3x30"},
    ),
    "FleetExpiredLeases": ({"fleet_expired_leases": "1x30"}, {"fleet_expired_leases": "0x30"}),
    "FleetJobsFailing": (
        {ATTEMPTS % "done": "0+80x30", ATTEMPTS % "failed": "0+20x30"},
        {ATTEMPTS % "done": "0+95x30", ATTEMPTS % "failed": "0+5x30"},
    ),
    "FleetJobsRetried": (
        {ATTEMPTS % "done": "0+4x30", ATTEMPTS % "retried": "0+6x30"},
        {ATTEMPTS % "done": "0+6x30", ATTEMPTS % "retried": "0+4x30"},
    ),
    "FleetJobsLost": (
        {'fleet_recent_failures{kind="k",outcome="lost"}': "1x30"},
        {'fleet_recent_failures{kind="k",outcome="failed"}': "1x30"},
    ),
    "FleetJobsQuarantined": ({"fleet_quarantined_jobs": "1x30"}, {"fleet_quarantined_jobs": "0x30"}),
    "FleetSlotsStuck": ({'fleet_slots_stuck{queue="a"}': "1x30"}, {'fleet_slots_stuck{queue="a"}': "0x30"}),
    "FleetLeaseLost": ({"fleet_leases_lost_total": "0x14 1x15"}, {"fleet_leases_lost_total": "1x30"}),
    "FleetLeaseMarginLow": (
        {"fleet_lease_margin_seconds": "4x30", "fleet_lease_seconds": "15x30"},
        {"fleet_lease_margin_seconds": "9x30", "fleet_lease_seconds": "15x30"},
    ),
    "FleetNotClaiming": (
        {"fleet_last_claim_age_seconds": "100x30", "fleet_slots": "4x30", "fleet_slots_taken": "3x30"},
        {"fleet_last_claim_age_seconds": "100x30", "fleet_slots": "4x30", "fleet_slots_taken": "4x30"},
    ),
    "FleetClaimsFail": (
        {'fleet_claims_total{outcome="failed"}': "0+2x30"},
        {'fleet_claims_total{outcome="none"}': "0+2x30"},
    ),
    "FleetClaimsSlow": (
        {CLAIM % "0.5": "0+90x30", CLAIM % "1.0": "0+100x30", CLAIM % "+Inf": "0+100x30"},
        {CLAIM % "0.5": "0+99x30", CLAIM % "1.0": "0+100x30", CLAIM % "+Inf": "0+100x30"},
    ),
    "FleetLoopBlocked": ({"fleet_loop_lag_seconds_total": "0+15x30"}, {"fleet_loop_lag_seconds_total": "0+5x30"}),
    "FleetNotListening": ({"fleet_listening": "0x30"}, {"fleet_listening": "1x30"}),
    "FleetEndsUnwritten": ({"fleet_unwritten_ends": "2x30"}, {"fleet_unwritten_ends": "2x19 0 2x10"}),
    "FleetPoolExhausted": (
        {'fleet_pool_connections{state="used"}': "8x30", "fleet_pool_size": "8x30"},
        {'fleet_pool_connections{state="idle"}': "8x30", "fleet_pool_size": "8x30"},
    ),
    "FleetDrainLong": ({"fleet_stopping": "1x30"}, {"fleet_stopping": "0x30"}),
    "FleetDatabaseUnreachable": ({"fleet_database_up": "0x30"}, {"fleet_database_up": "1x30"}),
    "FleetOldSnapshot": ({"fleet_oldest_snapshot_seconds": "3601x30"}, {"fleet_oldest_snapshot_seconds": "3600x30"}),
    "FleetDeadRows": (
        {"fleet_dead_rows": "100011x30", "fleet_live_rows": "10x30"},
        {"fleet_dead_rows": "100010x30", "fleet_live_rows": "10x30"},
    ),
    "FleetPartitionsEnd": (
        {"fleet_partitions_ahead_seconds": "172799x30"},
        {"fleet_partitions_ahead_seconds": "172800x30"},
    ),
    "FleetStrayRows": ({"fleet_stray_rows": "1x30"}, {"fleet_stray_rows": "0x30"}),
    "FleetCronLate": ({'fleet_cron_late{task="t"}': "1x30"}, {'fleet_cron_late{task="t"}': "0x30"}),
}


def case(expression: str, series: Series, count: int) -> dict[str, object]:
    """What the tool is to find after twenty minutes: so many series that the alert would be about."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f"count({expression}) or vector(0)",
                "eval_time": "20m",
                "exp_samples": [{"labels": "{}", "value": count}],
            }
        ],
    }


def test_each_alert_is_for_what_it_says(tmp_path: Path) -> None:
    rules = {rule["alert"]: rule["expr"] for rule in alerts()}
    cases = [
        case(rules[name], series, count)
        for name, told in CASES.items()
        for series, count in zip(told, (1, 0), strict=True)
    ]
    # JSON is YAML as well.
    (tmp_path / "cases.yaml").write_text(json.dumps({"evaluation_interval": "1m", "tests": cases}), encoding="utf-8")

    answer = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "cases.yaml"], capture_output=True, text=True, check=False
    )

    assert set(CASES) == set(rules)
    assert answer.returncode == 0, answer.stdout + answer.stderr
