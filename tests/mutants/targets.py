"""The functions that hold a guarantee, and the tests that must notice when one of their guards is broken."""

from tests.mutants.operators import Mutant

_FENCING = ("endings", "cancel", "rescue")
_WAITING = ("keys", "unique_scope", "wake", "limits")
_ENQUEUING = ("enqueue", "enqueue_many", "on_conflict", "unique_scope", "bad_input", "keys", "wake")

_TESTS = {
    "admit": ("keys", "limits", "wake", "random"),
    "admit_held": ("keys", "wake", "random"),
    "allot": ("limits", "plans", "random"),
    "announce_jobs": ("wake", "depth", "keys"),
    "await_end": ("await_end",),
    "bury_worker": ("rescue", "quarantine"),
    "cancel": ("cancel", "keys"),
    "claim": ("claim", "limits", "quarantine", "pause", "rescue", "keys", "bad_input", "endings", "enqueue", "plans"),
    "claim_alone": ("quarantine", "claim"),
    "close_attempts": (*_FENCING, "bad_input", "plans"),
    "end_jobs": (*_FENCING, "keys", "await_end", "limits", "bad_input", "plans"),
    "enqueue": (*_ENQUEUING,),
    "enqueue_many": ("enqueue_many", "on_conflict", "keys", "wake", "enqueue"),
    "fall_asleep": ("sleep",),
    "fail": (*_FENCING, "retry_budget", "quarantine", "plans"),
    "finish": ("endings", "cancel", "await_end", "keys", "limits", "claim", "plans"),
    "free_keys": ("keys", "wake", "limits", "random"),
    "give_up_keys": ("unique_scope",),
    "held_by": ("claim", "cancel", "plans"),
    "is_paused": ("pause", "views"),
    "is_sound": ("checks", "bad_input", "cancel"),
    "keep_worker_with_jobs": ("rescue", "plans"),
    "key_room": ("keys",),
    "lock_jobs": ("cancel", "waiting", "retry", "wake"),
    "lock_keys": ("keys", "random"),
    "longest_waiting": ("limits",),
    "make_room": ("limits", "keys", "await_end", "wake"),
    "promote": ("claim", "wake", "keys"),
    "put_back": (*_FENCING, *_WAITING, "await_end", "bad_input", "retry_budget", "quarantine"),
    "quarantine": ("quarantine", "plans"),
    "refuse_above_depth": ("depth",),
    "register_worker": ("claim",),
    "release": (*_FENCING, "plans"),
    "renew_lease": ("claim", "rescue"),
    "renew_waiting": ("on_conflict", "keys", "unique_scope", "wake"),
    "report_progress": ("endings",),
    "rescue": ("rescue", "quarantine", "claim", "cancel", "wake", "bad_input", "plans"),
    "retire_worker": ("rescue", "claim"),
    "retry": ("retry", "keys", "wake"),
    "retry_balance": ("retry_budget",),
    "snooze": (*_FENCING, "plans"),
    "spend": ("limits", "random"),
    "spend_retries": ("retry_budget", "plans"),
    "stay_awake": ("sleep",),
    "state_of": ("cancel", "retry", "waiting"),
    "sweep_keys": ("keys",),
    "sweep_workers": ("rescue", "claim"),
    "tokens_of": ("limits",),
    "unique_key_of": ("enqueue", "enqueue_many"),
    "wake": ("sleep", "wake"),
}

_PLANS = "tests/queue/sql/test_plans_sql.py"

FUNCTIONS = tuple(_TESTS)


def places_of(mutant: Mutant) -> list[str]:
    """The modules that hold what *mutant* breaks, the quick ones first; that of plans holds what makes a plan."""
    places = [
        "tests/queue/test_limits_at_random.py" if name == "random" else f"tests/queue/sql/test_{name}_sql.py"
        for name in _TESTS[mutant.function]
    ]
    return [*places, _PLANS] if mutant.operator in {"orders", "limits"} else places
