"""A question → the body of a chat completion."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fleet.specgen.openai.plan import ModelPlan
from fleet.specgen.prompts.question import Question

# What servers put around the messages before they count them.
_ENVELOPE_TOKENS = 256


class Request(msgspec.Struct, frozen=True):
    """A body to be sent, and the most tokens that it can take: one for each byte of it, and the answer's limit."""

    model: str
    body: bytes
    most_in: int
    most_out: int


def request_for(question: Question, plan: ModelPlan) -> Request:
    model = plan.model_for(question.task)
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": question.instructions},
            {"role": "user", "content": msgspec.json.encode(question.material).decode()},
        ],
        "response_format": _format(question.task, question.schema),
        plan.output_limit: plan.output_tokens,
    }
    if plan.reasoning is not None:
        body["reasoning_effort"] = plan.reasoning
    encoded = msgspec.json.encode(body)
    return Request(model, encoded, len(encoded) + _ENVELOPE_TOKENS, plan.output_tokens)


def _format(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
