"""What other instrumentations say about language models, in MLflow's words.

Spans come from OpenTelemetry's own conventions for generative AI, OpenInference, Traceloop and
others. What they say of type, model, tokens, inputs and outputs is added under MLflow's keys where
those are missing, and nothing is taken away.

Source: opentelemetry.io/docs/specs/semconv/gen-ai; github.com/Arize-ai/openinference spec;
github.com/traceloop/openllmetry. What mlflow 3.17's server translates besides (Vercel AI, Spring
AI, LiveKit, …) is kept as it came.
"""

import json
from collections.abc import Mapping
from typing import Any

from zafiro.traces.domain import (
    CHAT_USAGE,
    INPUTS,
    MODEL,
    OUTPUTS,
    PROVIDER,
    SPAN_TYPE,
)

_TYPES = {
    "gen_ai.operation.name": {
        "chat": "CHAT_MODEL",
        "generate_content": "LLM",
        "text_completion": "LLM",
        "embeddings": "EMBEDDING",
        "create_agent": "AGENT",
        "invoke_agent": "AGENT",
        "execute_tool": "TOOL",
    },
    "openinference.span.kind": {
        "LLM": "LLM",
        "CHAIN": "CHAIN",
        "AGENT": "AGENT",
        "TOOL": "TOOL",
        "RETRIEVER": "RETRIEVER",
        "EMBEDDING": "EMBEDDING",
        "RERANKER": "RERANKER",
        "GUARDRAIL": "GUARDRAIL",
        "EVALUATOR": "EVALUATOR",
    },
    "traceloop.span.kind": {
        "workflow": "WORKFLOW",
        "task": "TASK",
        "agent": "AGENT",
        "tool": "TOOL",
    },
}
_INPUTS = (
    "gen_ai.input.messages",
    "gen_ai.tool.call.arguments",
    "input.value",
    "traceloop.entity.input",
)
_OUTPUTS = (
    "gen_ai.output.messages",
    "gen_ai.tool.call.result",
    "output.value",
    "traceloop.entity.output",
)
_MODELS = (
    "gen_ai.response.model",
    "gen_ai.request.model",
    "llm.model_name",
    "embedding.model_name",
)
_PROVIDERS = ("gen_ai.provider.name", "gen_ai.system", "llm.provider")
_TOKENS = {
    "input_tokens": (
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "llm.token_count.prompt",
    ),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
    ),
    "total_tokens": (
        "gen_ai.usage.total_tokens",
        "llm.usage.total_tokens",
        "llm.token_count.total",
    ),
    "cache_read_input_tokens": (
        "gen_ai.usage.cache_read.input_tokens",
        "llm.token_count.prompt_details.cache_read",
    ),
    "cache_creation_input_tokens": (
        "gen_ai.usage.cache_creation.input_tokens",
        "llm.token_count.prompt_details.cache_write",
    ),
}
SESSIONS = ("session.id", "gen_ai.conversation.id")
USERS = ("user.id",)


def in_mlflow_words(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes, and what they say in MLflow's own besides."""
    found = dict(attributes)
    if found.get(SPAN_TYPE) in (None, "UNKNOWN"):
        for key, words in _TYPES.items():
            if found.get(key) in words:
                found[SPAN_TYPE] = words[found[key]]
                break
    pairs: tuple[tuple[str, tuple[str, ...]], ...] = ((INPUTS, _INPUTS), (OUTPUTS, _OUTPUTS))
    for name, keys in pairs:
        if name not in found and (said := first(attributes, keys)) is not None:
            found[name] = _unpacked(said)
    for name, keys in ((MODEL, _MODELS), (PROVIDER, _PROVIDERS)):
        if name not in found and isinstance(said := first(attributes, keys), str):
            found[name] = said
    if MODEL not in found:
        inside = (found.get(key) for key in (INPUTS, OUTPUTS))
        named = next((x["model"] for x in inside if isinstance(x, dict) and x.get("model")), None)
        if isinstance(named, str):
            found[MODEL] = named
    if CHAT_USAGE not in found and (usage := _usage(attributes)):
        found[CHAT_USAGE] = usage
    return found


def first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((attributes[key] for key in keys if attributes.get(key) not in (None, "")), None)


def _usage(attributes: Mapping[str, Any]) -> dict[str, int]:
    found = {}
    for name, keys in _TOKENS.items():
        said = first(attributes, keys)
        try:
            found[name] = int(said)
        except (TypeError, ValueError, OverflowError):
            continue
    if "total_tokens" not in found and {"input_tokens", "output_tokens"} <= found.keys():
        found["total_tokens"] = found["input_tokens"] + found["output_tokens"]
    return found


def _unpacked(said: Any) -> Any:
    """Inputs often come as JSON in a text."""
    if isinstance(said, str) and said[:1] in "{[":
        try:
            return json.loads(said)
        except ValueError:
            return said
    return said
