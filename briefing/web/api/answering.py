"""Dispatch of API requests: path, method, token, right, parameters, body."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from starlette.responses import JSONResponse, Response

from briefing.web.api.call import Call, Refused
from briefing.web.api.document import document
from briefing.web.api.operations import OPERATIONS, Operation
from briefing.web.bearer import token_of
from briefing.web.problem import problem
from briefing.web.request import WebRequest

ROOT = "/api/v1"
_DOCUMENT = "/openapi.json"
_CHALLENGE = 'Bearer realm="briefing"'
#: Methods that are handled as another.
_ASKS: Mapping[str, str] = {"HEAD": "GET"}


def api(request: WebRequest) -> Response:
    """Handle an API request."""
    path = "/" + request.path["rest"]
    method = _ASKS.get(request.method, request.method)
    if path == _DOCUMENT and method == "GET":
        return _document(request)
    matches = [
        (operation, parts)
        for operation in OPERATIONS
        if (parts := operation.match(path)) is not None
    ]
    if not matches:
        return problem(404, f"Unknown endpoint; {ROOT}{_DOCUMENT} lists all.")
    match = next(
        ((operation, parts) for operation, parts in matches if operation.method == method), None
    )
    if match is None:
        allowed = ", ".join(sorted({operation.method for operation, _ in matches}))
        return problem(405, f"Allowed methods: {allowed}.", headers={"Allow": allowed})
    try:
        return _answered(request, *match)
    except Refused as refused:
        return problem(refused.status, refused.detail)
    except ValidationError as error:
        return problem(422, "The request is not valid; nothing was changed.", wrong=_wrong(error))


def _answered(request: WebRequest, operation: Operation, parts: Mapping[str, str]) -> Response:
    token = token_of(request)
    if token is None:
        sent = "authorization" in request.headers
        challenge = f'{_CHALLENGE}, error="invalid_token"' if sent else _CHALLENGE
        detail = "Send a token: Authorization: Bearer TOKEN."
        return problem(401, detail, headers={"WWW-Authenticate": challenge})
    if operation.right == "steer" and token.right != "steer":
        raise Refused(403, "This needs a token with the right 'steer'.")
    question = operation.question.model_validate(dict(request.query))
    result = operation.handler(Call(request, parts, question, _body(request, operation), token))
    if isinstance(result, Response):
        return result
    return JSONResponse(result.model_dump(mode="json"), operation.status)


def _body(request: WebRequest, operation: Operation) -> BaseModel | None:
    if operation.body is None:
        return None
    if operation.optional and not request.body:
        return operation.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "Send JSON, and Content-Type: application/json.")
    return operation.body.model_validate_json(request.body)


def _wrong(error: ValidationError) -> list[dict[str, str]]:
    """Return location and message of each error, without the input."""
    return [
        {"where": ".".join(map(str, detail["loc"])), "what": detail["msg"]}
        for detail in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _document(request: WebRequest) -> Response:
    context = request.site.context
    server = context.web.rstrip("/") + ROOT
    return JSONResponse(document(OPERATIONS, name=context.name, server=server))
