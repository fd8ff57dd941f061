"""The names of all that is measured, each with a sentence; docs/monitoring.md and the rules rest on them."""

# Of one process; they begin anew when it does.
LOCAL = {
    "fleet_worker_info": "Always 1; its labels say which process this is.",
    "fleet_claims_total": "Claims by outcome: some (jobs were there), none, failed (the database gave no answer).",
    "fleet_claim_seconds": "How long the database took to answer a claim.",
    "fleet_job_wait_seconds": "How long claimed jobs had waited since they were due, by queue.",
    "fleet_attempt_seconds": "How long attempts took until their handler was out, by kind and outcome.",
    "fleet_attempts_total": "Attempts that ended, by kind and outcome (done, retried, failed, snoozed, cancelled, …).",
    "fleet_leases_lost_total": "Leases that this process lost, and with each all that it ran.",
    "fleet_loop_lag_seconds_total": "By how much the loop's ticks, one a second, came late, in all.",
    "fleet_loop_worst_lag_seconds": "By how much the latest of the last minute's ticks came late.",
    "fleet_stopping": "1 while the process drains.",
    "fleet_last_claim_age_seconds": "How long ago a claim last came back from the database.",
    "fleet_lease_margin_seconds": "For how long the worker may still act without a further renewal.",
    "fleet_lease_seconds": "How long a lease lasts.",
    "fleet_listening": "1 while the worker hears its own notifications.",
    "fleet_slots": "Slots of this worker, by queue.",
    "fleet_slots_taken": "Slots that hold a job whose end is not durable yet, by queue.",
    "fleet_slots_stuck": "Slots whose handler goes on though it was cancelled for its time limit, by queue.",
    "fleet_unwritten_ends": "Jobs that have ended and wait for their end to be written.",
    "fleet_pool_connections": "Connections of the pool, by state: used or idle.",
    "fleet_pool_size": "How many connections the pool may have.",
    "fleet_database_up": "1 when the database has answered; without it, what it says is left out.",
}

# Of the database, the same whichever process is asked: take the max of them, never the sum.
DATABASE = {
    "fleet_queue_jobs": "Live jobs by queue and state; counted up to 50000 of a queue.",
    "fleet_queue_oldest_wait_seconds": "How long the job that has been ready for longest has waited, by queue.",
    "fleet_queue_workers": "Workers with a lease that serve the queue.",
    "fleet_queue_paused": "1 while the queue is paused.",
    "fleet_queue_recommended_replicas": "How many processes like this one the queue needs.",
    "fleet_expired_leases": "Workers whose lease has run out and whose jobs are to be rescued.",
    "fleet_quarantined_jobs": "Jobs under which workers have died more than once.",
    "fleet_recent_failures": "Jobs that failed or were lost within ten minutes, by kind; counted up to 10000.",
    "fleet_oldest_snapshot_seconds": "The age of the oldest transaction that keeps dead rows from being removed.",
    "fleet_live_rows": "Live rows of fleet.job, as the server estimates them.",
    "fleet_dead_rows": "Dead rows of fleet.job, as the server estimates them.",
    "fleet_partitions_ahead_seconds": "For how long there are partitions yet; 0 is too late.",
    "fleet_stray_rows": "1 when jobs or attempts ended on a day without a partition.",
    "fleet_cron_late": "1 when a cron task was not done within one and a half of its periods.",
    "fleet_cron_since_success_seconds": "How long ago a cron task was last started that was done.",
}
