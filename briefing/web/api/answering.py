"""From a request to an operation and its answer: path, method, token, right, question, body."""

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
#: Methods that only ask, under the name of the one that they stand for.
_ASKS: Mapping[str, str] = {"HEAD": "GET"}


def api(request: WebRequest) -> Response:
    """Answer a program."""
    path = "/" + request.path["rest"]
    method = _ASKS.get(request.method, request.method)
    if path == _DOCUMENT and method == "GET":
        return _document(request)
    found = [(one, parts) for one in OPERATIONS if (parts := one.match(path)) is not None]
    if not found:
        return problem(404, f"There is nothing at this address; {ROOT}{_DOCUMENT} tells all.")
    ours = next(((one, parts) for one, parts in found if one.method == method), None)
    if ours is None:
        allowed = ", ".join(sorted({one.method for one, _ in found}))
        return problem(405, f"Allowed here: {allowed}.", headers={"Allow": allowed})
    try:
        return _answered(request, *ours)
    except Refused as refused:
        return problem(refused.status, refused.detail)
    except ValidationError as error:
        return problem(422, "Nothing was done.", wrong=_wrong(error))


def _answered(request: WebRequest, one: Operation, parts: Mapping[str, str]) -> Response:
    token = token_of(request)
    if token is None:
        given = "authorization" in request.headers
        challenge = f'{_CHALLENGE}, error="invalid_token"' if given else _CHALLENGE
        said = "Send a token: Authorization: Bearer TOKEN."
        return problem(401, said, headers={"WWW-Authenticate": challenge})
    if one.right == "steer" and token.right != "steer":
        raise Refused(403, "This needs a token with the right 'steer'.")
    question = one.question.model_validate(dict(request.query))
    done = one.act(Call(request, parts, question, _body(request, one), token))
    if isinstance(done, Response):
        return done
    return JSONResponse(done.model_dump(mode="json"), one.status)


def _body(request: WebRequest, one: Operation) -> BaseModel | None:
    if one.body is None:
        return None
    if one.optional and not request.body:
        return one.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "Send JSON, and Content-Type: application/json.")
    return one.body.model_validate_json(request.body)


def _wrong(error: ValidationError) -> list[dict[str, str]]:
    """Return what is wrong where; what was sent is not told again."""
    return [
        {"where": ".".join(map(str, one["loc"])), "what": one["msg"]}
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _document(request: WebRequest) -> Response:
    context = request.site.context
    server = context.web.rstrip("/") + ROOT
    return JSONResponse(document(OPERATIONS, name=context.name, server=server))
