"""The settings of a language model, and what they come to."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from entrypoints._consumer import ConsumerSettings
from fleet.config import Secret
from fleet.specgen.openai.breaker import BreakerRules
from fleet.specgen.openai.open import Network
from fleet.specgen.openai.plan import Budget, ModelPlan, OutputLimit
from fleet.specgen.openai.prices import PATTERN, prices_of

_ENDPOINT = "/chat/completions"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# To hear what becomes of the request that is to show whether a provider works again.
_SLACK = timedelta(seconds=30)

ModelName = Annotated[str, msgspec.Meta(pattern=r"^[^\s=,]{1,200}\Z")]
Tokens = Annotated[int, msgspec.Meta(ge=1, le=10**15)]


class ModelSettings(ConsumerSettings, frozen=True, kw_only=True):
    """Without MODEL_URL no model is asked, and nothing else of this may be set."""

    model_url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#@]+\Z")] | None = None
    model_api_key: Secret | None = None
    model_classify: ModelName | None = None
    model_describe: ModelName | None = None
    model_prices: Annotated[str, msgspec.Meta(pattern=PATTERN)] | None = None
    model_tokens_per_job: Tokens | None = None
    model_tokens_per_month: Tokens | None = None
    model_cost_per_month: Annotated[str, msgspec.Meta(pattern=r"^\d{1,12}(\.\d{1,9})?\Z")] | None = None
    model_timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] | None = None
    model_output_tokens: Annotated[int, msgspec.Meta(ge=256, le=16_000)] | None = None
    model_output_limit: OutputLimit | None = None
    model_reasoning: Annotated[str, msgspec.Meta(pattern=r"^[a-z]{1,20}\Z")] | None = None
    model_tests_at_once: Annotated[int, msgspec.Meta(ge=1, le=500)] | None = None
    model_requests_at_once: Annotated[int, msgspec.Meta(ge=1, le=50)] | None = None
    model_certificates: str | None = None
    model_proxy: Annotated[str, msgspec.Meta(pattern=r"^http://[A-Za-z0-9.:\[\]-]+/?\Z")] | None = None

    def problems(self) -> list[str]:
        if self.model_url is None:
            return [f"{name} is set, and MODEL_URL is not" for name in self._set() if name != "MODEL_URL"]
        problems = [
            f"{name} is required with MODEL_URL"
            for name, value in (("MODEL_CLASSIFY", self.model_classify), ("MODEL_DESCRIBE", self.model_describe))
            if value is None
        ]
        if self.model_api_key is not None and not _is_private(self.model_url):
            problems.append("MODEL_URL must start with https:// where MODEL_API_KEY is sent to it")
        if self.model_api_key is not None and not _is_sendable(self.model_api_key):
            problems.append("MODEL_API_KEY holds what no header can")
        unpriced = {self.model_classify, self.model_describe} - {None} - set(prices_of(self.model_prices or ""))
        if unpriced and self.model_prices is not None:
            problems.append("MODEL_PRICES lacks a model that is asked")
        elif unpriced and self.model_cost_per_month is not None:
            problems.append("MODEL_COST_PER_MONTH needs MODEL_PRICES of both models")
        return problems

    @property
    def model(self) -> ModelPlan | None:
        """Return what is to be asked; None for the outline."""
        if self.model_url is None or self.model_classify is None or self.model_describe is None:
            return None
        return ModelPlan(
            url=self.model_url.rstrip("/") + _ENDPOINT,
            key=self.model_api_key,
            classify=self.model_classify,
            describe=self.model_describe,
            prices=prices_of(self.model_prices or ""),
            budget=Budget(
                tokens_per_job=self.model_tokens_per_job,
                tokens_per_month=self.model_tokens_per_month,
                cost_per_month=None if self.model_cost_per_month is None else Decimal(self.model_cost_per_month),
            ),
            breaker=BreakerRules(trial=self.model_network.answer + _SLACK),
            output_limit=self.model_output_limit or "max_completion_tokens",
            output_tokens=self.model_output_tokens or 8_000,
            reasoning=self.model_reasoning,
            tests_at_once=self.model_tests_at_once or 500,
            at_once=self.model_requests_at_once or 5,
        )

    @property
    def model_network(self) -> Network:
        certificates, seconds = self.model_certificates, self.model_timeout_seconds
        return Network(
            certificates=None if certificates is None else Path(certificates),
            proxy=self.model_proxy,
            answer=Network().answer if seconds is None else timedelta(seconds=seconds),
        )

    def _set(self) -> list[str]:
        return [
            field.encode_name
            for field in msgspec.structs.fields(self)
            if field.name.startswith("model_") and getattr(self, field.name) is not None
        ]


def _is_private(url: str) -> bool:
    """Whether nobody on the way reads what is sent there."""
    return url.startswith("https://") or urlsplit(url).hostname in _LOOPBACK


def _is_sendable(key: Secret) -> bool:
    text = key.reveal()
    return text.isascii() and text.isprintable() and " " not in text
