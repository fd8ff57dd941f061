"""Which model is asked, where, and for how much."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import msgspec

from fleet.config import Secret
from fleet.specgen.openai.breaker import BreakerRules
from fleet.specgen.openai.prices import FREE, Price
from fleet.specgen.prompts.question import Task

# The same bound has two names: newer models of OpenAI know the one only, Ollama and older servers the other.
OutputLimit = Literal["max_completion_tokens", "max_tokens"]


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What may be spent, counting what is under way at the most that it can take; None: any amount."""

    tokens_per_job: int | None = None
    tokens_per_month: int | None = None
    cost_per_month: Decimal | None = None


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a job waits for its model, and when it gives its slot to another one instead."""

    # Of one request that the provider failed, or asked to be repeated later.
    tries: int = 4
    first_pause: timedelta = timedelta(seconds=1)
    # What is shorter is waited out; for what is longer the job is put off.
    longest_pause: timedelta = timedelta(minutes=1)
    # However long a provider asks to be left alone.
    longest_rest: timedelta = timedelta(hours=1)
    # Since the provider last answered this job anything.
    outage: timedelta = timedelta(hours=24)
    # Of one attempt; what is begun by then ends within the job's limit, and the rest is asked by the next attempt.
    asking: timedelta = timedelta(minutes=75)


class ModelPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is settled when the process starts."""

    url: str
    key: Secret | None
    classify: str
    describe: str
    prices: Mapping[str, Price] = {}
    budget: Budget = Budget()
    patience: Patience = Patience()
    breaker: BreakerRules = BreakerRules()
    output_limit: OutputLimit = "max_completion_tokens"
    output_tokens: int = 8_000
    reasoning: str | None = None
    # Fewer for a model that loses itself, or whose server cuts long prompts off.
    tests_at_once: int = 500
    # Features that are asked about at the same time, of one job.
    at_once: int = 5

    def model_for(self, task: Task) -> str:
        return self.classify if task == "classify" else self.describe

    def price_of(self, model: str) -> Price:
        return self.prices.get(model, FREE)
