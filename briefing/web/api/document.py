"""PURE: the OpenAPI document, made from the table of operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from briefing.web.api.operations import Operation
from briefing.web.api.schemas import Problem
from briefing.web.problem import KIND

_REF = "#/components/schemas/{model}"
#: Schemas of path parameters.
_PARTS: dict[str, dict[str, Any]] = {
    "day": {"type": "string", "format": "date"},
    "id": {"type": "integer", "minimum": 0},
    "step": {"type": "string", "enum": ["collect", "publish", "deliver", "bounces"]},
}
#: Problem statuses of every operation, and of those with a body.
_ALWAYS, _WITH_BODY = (401, 403, 422, 500), (408, 413, 415)
_WORDS = {
    401: "The token is missing or not valid.",
    403: "The token lacks the required right.",
    404: "Not found.",
    408: "The body arrived too slowly.",
    409: "The current state does not allow this.",
    410: "The edition of this day was withdrawn.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A parameter or the body is not valid.",
    500: "Internal error; the log has its number.",
    503: "Not available in this process.",
}


def document(operations: Sequence[Operation], *, name: str, server: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    ``server`` is the address of the root of the API.
    """
    models = sorted(set(_models(operations)), key=lambda pair: (pair[0].__name__, pair[1]))
    _, schemas = models_json_schema(models, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for pair in operations:
        paths.setdefault(pair.path, {})[pair.method.lower()] = _operation(pair)
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _models(operations: Sequence[Operation]) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    yield Problem, "serialization"
    for operation in operations:
        if not isinstance(operation.answer, str):
            yield operation.answer, "serialization"
        if operation.body is not None:
            yield operation.body, "validation"


def _operation(operation: Operation) -> dict[str, Any]:
    description: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": operation.summary,
        "description": f"Needs a token with the right {operation.right!r}.",
        "parameters": [*map(_part, operation.parts), *_questions(operation)],
        "responses": {
            str(operation.status): {"description": "Done.", "content": _content(operation.answer)},
            **{str(status): _problem(status) for status in sorted(_problems(operation))},
        },
    }
    if operation.body is not None:
        description["requestBody"] = {
            "required": not operation.optional,
            "content": _content(operation.body),
        }
    return description


def _problems(operation: Operation) -> set[int]:
    return {*_ALWAYS, *operation.problems, *(_WITH_BODY if operation.method == "POST" else ())}


def _part(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _PARTS[name]}


def _questions(operation: Operation) -> list[dict[str, Any]]:
    model_schema = operation.question.model_json_schema(ref_template=_REF)
    shared = model_schema.get("$defs", {})
    return [
        {"name": name, "in": "query", "required": False, "schema": _inlined(schema, shared)}
        for name, schema in model_schema["properties"].items()
    ]


def _inlined(schema: Any, shared: dict[str, Any]) -> Any:  # noqa: ANN401  any part of a schema
    """Return a schema with references inlined, since their names are local to the query model."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return shared[schema["$ref"].rpartition("/")[2]]
        return {key: _inlined(value, shared) for key, value in schema.items()}
    return [_inlined(item, shared) for item in schema] if isinstance(schema, list) else schema


def _content(answer: type[BaseModel] | str) -> dict[str, Any]:
    if isinstance(answer, str):
        return {answer: {"schema": {"type": "string", "format": "binary"}}}
    return {"application/json": {"schema": {"$ref": _REF.format(model=answer.__name__)}}}


def _problem(status: int) -> dict[str, Any]:
    content = {KIND: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}}
    return {"description": _WORDS[status], "content": content}
