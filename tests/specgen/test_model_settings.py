"""What people may write about a language model, and what it comes to."""

from decimal import Decimal

import pytest

from entrypoints._model import ModelSettings
from fleet.config import Secret, load
from fleet.errors import ConfigError

ENOUGH = {
    "DATABASE_URL": "postgresql://somewhere",
    "MODEL_URL": "https://models.example/v1/",
    "MODEL_CLASSIFY": "small",
    "MODEL_DESCRIBE": "org/large:70b",
}


def problems(**changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(ModelSettings, ENOUGH | changes)
    return caught.value.problems


def test_without_a_url_there_is_no_model() -> None:
    assert load(ModelSettings, {"DATABASE_URL": "postgresql://somewhere"}).model is None


def test_a_url_and_two_models_are_enough() -> None:
    plan = load(ModelSettings, ENOUGH).model

    assert plan is not None
    assert (plan.url, plan.classify, plan.describe, plan.key) == (
        "https://models.example/v1/chat/completions",
        "small",
        "org/large:70b",
        None,
    )
    assert plan.budget.cost_per_month is None


def test_all_that_may_be_said_is_heeded() -> None:
    settings = load(
        ModelSettings,
        ENOUGH
        | {
            "MODEL_API_KEY": "key",
            "MODEL_PRICES": "small=0.15/0.60,org/large:70b=2.5/10",
            "MODEL_TOKENS_PER_JOB": "1000000",
            "MODEL_TOKENS_PER_MONTH": "50000000",
            "MODEL_COST_PER_MONTH": "99.50",
            "MODEL_TIMEOUT_SECONDS": "300",
            "MODEL_OUTPUT_TOKENS": "4000",
            "MODEL_OUTPUT_LIMIT": "max_tokens",
            "MODEL_REASONING": "low",
            "MODEL_TESTS_AT_ONCE": "50",
            "MODEL_REQUESTS_AT_ONCE": "2",
        },
    )
    plan = settings.model

    assert plan is not None
    assert plan.key == Secret("key")
    assert plan.price_of("small").of(1_000_000, 0) == Decimal("0.15")
    assert (plan.budget.tokens_per_job, plan.budget.tokens_per_month) == (1_000_000, 50_000_000)
    assert plan.budget.cost_per_month == Decimal("99.50")
    assert (plan.output_tokens, plan.output_limit, plan.reasoning) == (4_000, "max_tokens", "low")
    assert (plan.tests_at_once, plan.at_once) == (50, 2)
    assert plan.breaker.trial > settings.model_network.answer


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"MODEL_API_KEY": "k", "MODEL_URL": "http://10.0.0.5/v1"}, "MODEL_URL must start with https://"),
        ({"MODEL_API_KEY": "k\nX-Injected: 1"}, "MODEL_API_KEY holds what no header can"),
        ({"MODEL_PRICES": "small=1/2"}, "MODEL_PRICES lacks a model that is asked"),
        ({"MODEL_COST_PER_MONTH": "5"}, "MODEL_COST_PER_MONTH needs MODEL_PRICES of both models"),
        ({"MODEL_COST_PER_MONTH": "-5"}, "MODEL_COST_PER_MONTH must be text matching"),
        ({"MODEL_URL": "https://user:password@models.example/v1"}, "MODEL_URL must be text matching"),
        ({"MODEL_URL": "https://models.example/v1?key=k"}, "MODEL_URL must be text matching"),
        ({"MODEL_URL": "models.example/v1"}, "MODEL_URL must be text matching"),
        ({"MODEL_TIMEOUT_SECONDS": "601"}, "MODEL_TIMEOUT_SECONDS must be a number more than 0 and at most 600"),
    ],
)
def test_what_would_not_work_is_a_problem(changes: dict[str, str], said: str) -> None:
    (problem,) = problems(**changes)

    assert problem.startswith(said)


@pytest.mark.parametrize("url", ["http://localhost:11434/v1", "http://127.0.0.1:8000/v1", "http://[::1]/v1"])
def test_a_key_may_be_sent_to_the_machine_itself(url: str) -> None:
    plan = load(ModelSettings, ENOUGH | {"MODEL_URL": url, "MODEL_API_KEY": "key"}).model

    assert plan is not None
