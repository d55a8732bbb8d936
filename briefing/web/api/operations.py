"""Dispatches requests to API operations; their OpenAPI document."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.responses import JSONResponse, Response

from briefing.core.model import Role, least_role
from briefing.web.api.handlers import OPERATIONS, Call, Operation, Refused
from briefing.web.api.schemas import Problem
from briefing.web.request import KIND, WebRequest, problem, token_of

ROOT = "/api/v1"
_DOCUMENT = "/openapi.json"
_CHALLENGE = 'Bearer realm="briefing"'


def api(request: WebRequest) -> Response:
    """Handle an API request."""
    path = "/" + request.path["rest"]
    method = "GET" if request.method == "HEAD" else request.method
    if path == _DOCUMENT and method == "GET":
        context = request.context
        server = context.web.rstrip("/") + ROOT
        return JSONResponse(document(OPERATIONS, name=context.settings.name, server=server))
    matches = [(each, match) for each in OPERATIONS if (match := each.pattern.fullmatch(path))]
    if not matches:
        return problem(404, f"Unknown endpoint; {ROOT}{_DOCUMENT} lists all.")
    by_method = {each.method: (each, match.groupdict()) for each, match in matches}
    if method not in by_method:
        allowed = ", ".join(sorted(by_method))
        return problem(405, f"Allowed methods: {allowed}.", headers={"Allow": allowed})
    try:
        return _answered(request, *by_method[method])
    except Refused as refused:
        return problem(refused.status, refused.detail, wrong=refused.wrong)
    except ValidationError as error:
        # Location and message of each error, without the input.
        details = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [
            {"where": ".".join(map(str, each["loc"])), "what": each["msg"]} for each in details
        ]
        return problem(422, "The request is not valid; nothing was changed.", wrong=wrong)


def _answered(request: WebRequest, operation: Operation, parts: Mapping[str, str]) -> Response:
    token = token_of(request)
    if not token:
        sent = "authorization" in request.headers
        challenge = f'{_CHALLENGE}, error="invalid_token"' if sent else _CHALLENGE
        detail = "Send a token: Authorization: Bearer TOKEN."
        return problem(401, detail, headers={"WWW-Authenticate": challenge})
    if operation.act and not token.role.may(operation.act):
        raise Refused(403, f"This needs a token with the role {least_role(operation.act)}.")
    question = operation.question.model_validate(dict(request.query))
    body = _body(request, operation)
    call = request.further(Call, parts=parts, question=question, sent=body, token=token)
    result = operation.handler(call)
    if isinstance(result, Response) or isinstance(operation.answer, str):
        assert isinstance(result, Response)  # noqa: S101  for the types
        return result
    answer = operation.answer.model_validate(result)
    return JSONResponse(answer.model_dump(mode="json"), operation.status)


def _body(request: WebRequest, operation: Operation) -> BaseModel | None:
    if operation.body is None:
        return None
    if operation.optional and not request.body:
        return operation.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "Send JSON, and Content-Type: application/json.")
    return operation.body.model_validate_json(request.body)


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
    403: "The role of the token does not allow it.",
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
    """Return the OpenAPI 3.1 document; ``server`` is the address of the root of the API."""
    # Each with whether it is sent or returned.
    used: set[tuple[type[BaseModel], JsonSchemaMode]] = {(Problem, "serialization")}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        if not isinstance(operation.answer, str):
            used.add((operation.answer, "serialization"))
        if operation.body is not None:
            used.add((operation.body, "validation"))
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    models = sorted(used, key=lambda pair: (pair[0].__name__, pair[1]))
    _, schemas = models_json_schema(models, ref_template=_REF)
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


def _operation(operation: Operation) -> dict[str, Any]:
    problems = {*_ALWAYS, *operation.problems, *(_WITH_BODY if operation.method == "POST" else ())}
    problems |= {404} if operation.pattern.groups else set()
    problem = {KIND: {"schema": {"$ref": _REF.format(model=Problem.__name__)}}}
    question = operation.question.model_json_schema(ref_template=_REF)
    parts = [
        {"name": name, "in": "path", "required": True, "schema": _PARTS[name]}
        for name in operation.pattern.groupindex
    ]
    query = [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": _inlined(schema, question.get("$defs", {})),
        }
        for name, schema in question["properties"].items()
    ]
    least = least_role(operation.act) if operation.act else Role.READER
    description: dict[str, Any] = {
        "operationId": operation.handler.__name__,
        "summary": (operation.handler.__doc__ or "").partition("\n")[0],
        "description": f"Needs a token with the role {least}.",
        "parameters": parts + query,
        "responses": {
            str(operation.status): {"description": "Done.", "content": _content(operation.answer)},
            **{
                str(status): {"description": _WORDS[status], "content": problem}
                for status in sorted(problems)
            },
        },
    }
    if operation.body is not None:
        content = _content(operation.body)
        description["requestBody"] = {"required": not operation.optional, "content": content}
    return description


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
