"""Requests: forms read within limits, views run in threads, failures turned into responses."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import field, fields, replace
from datetime import datetime
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from briefing.app import tokens
from briefing.app.readers import By, admit
from briefing.app.readers.letters import PATHS
from briefing.core.frozen import frozen
from briefing.core.model import ApiToken, Preferences
from briefing.mail.tokens import Purpose
from briefing.press.wording import _
from briefing.store import Transaction
from briefing.store.audit import Actor
from briefing.store.subscribers import Signup, SignupKind
from briefing.web import guard
from briefing.web.context import Site, WebContext
from briefing.web.forms import Fields, first

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R", bound="WebRequest")

#: Bytes and fields of a form, and bytes of a part that is not a file: ten times what ours need.
_LARGEST, _MOST_FIELDS, _LONGEST_PART = 16_384, 80, 4_096
_USUAL = Preferences()
#: Retry-After for a client with too many concurrent requests, in seconds.
_SOON = "5"
#: Prefix of the addresses that accept posts from mail programs.
_LEAVE = f"{PATHS[Purpose.LEAVE]}/"


@frozen
class UploadedFile:
    """A file uploaded with a form."""

    #: As given by the browser.
    name: str
    content: bytes = field(repr=False)


@frozen
class WebRequest:
    """A parsed request, as views receive it."""

    site: Site
    #: Whether the method is POST.
    posts: bool
    #: Parameters of the path by name.
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    fields: Fields
    #: Network of the client.
    network: str
    #: Now, aware UTC.
    at: datetime
    #: GET, HEAD, POST; DELETE for programs.
    method: str = "GET"
    #: Path and query as requested.
    address: str = "/"
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Raw body of a POST.
    body: bytes = field(default=b"", repr=False)
    #: The uploaded file; None if there is none.
    file: UploadedFile | None = None
    #: Whether it could not be read in transit.
    secure: bool = False

    @property
    def context(self) -> WebContext:
        """The requested briefing."""
        return self.site.context

    def cookie(self, kind: str = "") -> str:
        """Return the value of a cookie, by default that of an operator's session; may be empty."""
        return self.cookies.get(guard.cookie_name(self.context.web, kind), "")

    def read(self) -> AbstractContextManager[Transaction]:
        """Begin a read transaction."""
        return self.site.context.store.read()

    def look(
        self, work: Callable[Concatenate[Transaction, P], T], *given: P.args, **named: P.kwargs
    ) -> T:
        """Run a function in a read transaction and return its result."""
        return self.site.context.store.look(work, *given, **named)

    @property
    def one_click(self) -> bool:
        """Whether it is a one-click unsubscribe (RFC 8058), valid on the unsubscribe page only."""
        leaves = self.posts and self.address.startswith(_LEAVE)
        return leaves and first(self.fields, "List-Unsubscribe") == "One-Click"

    @property
    def does(self) -> str:
        """The action of the form; empty if it lacks the token of its page."""
        sent = self.posts and first(self.fields, "token") == self.path.get("token", "")
        return first(self.fields, "do") if sent else ""

    def further(self, kind: type[R], **more: Any) -> R:  # noqa: ANN401  fields of the kind
        """Return the request as one of a kind of which more is known."""
        return kind(**{part.name: getattr(self, part.name) for part in fields(self)}, **more)

    def by(self, words: str = "", *, how: str = "form") -> By:
        """Return the person acting now, for the consent log."""
        return By(how, self.network, self.at, words)

    def acting(self, name: str) -> Actor:
        """Return a named actor, for the audit log."""
        return Actor(name, self.at, self.network)

    def admits(
        self,
        what: SignupKind,
        *,
        address: str = "",
        subscriber: int = 0,
        preferences: Preferences = _USUAL,
        words: str = "",
    ) -> bool:
        """Store a signup request to be handled after the response; False if rate-limited."""
        context, by = self.site.context, self.by(words)
        signup = Signup(what, address, subscriber, preferences, by.how, by.origin, by.words)
        again = admit(
            context.store, self.network, signup=signup, clock=context.clock, limits=context.limits
        )
        return again is None


View = Callable[[WebRequest], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class Intake(NamedTuple):
    """What the form of a page may contain, and how long it may take to arrive."""

    #: Most bytes of an uploaded file; 0 if none is allowed.
    file: int = 0
    #: Seconds to arrive; None for those of the site.
    patience: float | None = None
    #: Decides who may send it, with only the head of the request read; None for everybody.
    allows: Callable[[WebRequest], bool] | None = None

    @property
    def largest(self) -> int:
        """Most bytes of the whole form."""
        return _LARGEST + self.file


#: A form without files.
PLAIN = Intake()


def site_of(request: Request, current: Callable[[str], Site]) -> Site:
    """Return the site of a request, in the language of its path."""
    return current(request.scope.get("language", ""))


def endpoint(current: Callable[[str], Site], view: View, intake: Intake | None = PLAIN) -> Endpoint:
    """Return an endpoint for a view; an unexpected error becomes a page with an error number.

    With ``intake`` None, the body is not read.
    """

    async def answer(request: Request) -> Response:  # noqa: PLR0911  each failure has its own
        site = site_of(request, current)
        is_for_programs = request.scope["path"].startswith(FOR_PROGRAMS)
        try:
            asked = await _read(site, request, intake)
            return await site.admission.answer(
                guard.client_of(_host(request)), partial(view, asked)
            )
        except ClientDisconnect:
            # Nobody reads the response; raising would fill the log with tracebacks.
            return Response(status_code=400)
        except guard.CrowdedError:
            headers = {"Retry-After": _SOON, "Connection": "close"}
            if is_for_programs:
                return problem(429, "Too many requests from this client at once.", headers=headers)
            lede = _(
                "Too many requests from your network at once. Nothing has changed; try again in a "
                "moment."
            )
            return site.message_page(_("Too many requests"), lede, status=429, headers=headers)
        except HTTPException as error:
            if not is_for_programs:
                raise
            return problem(error.status_code, headers=error.headers or {})
        except Exception as error:
            number = guard.log_failure(error, at=view.__name__)
            if is_for_programs:
                return problem(500, f"Error number: {number}")
            return site.error(500, number=number)

    answer.__name__ = view.__name__
    return answer


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


async def _read(site: Site, request: Request, intake: Intake | None) -> WebRequest:
    query = request.scope["query_string"].decode("ascii", "replace")
    asked = WebRequest(
        site,
        request.method == "POST",
        request.path_params,
        request.query_params,
        request.headers,
        {},
        guard.network_of(_host(request)),
        site.context.clock(),
        request.method,
        f"{request.scope['path']}?{query}" if query else request.scope["path"],
        request.cookies,
        secure=guard.is_secure(request.url.scheme, _host(request), request.headers),
    )
    if not asked.posts or not intake:
        return asked
    if intake.allows is not None and not await run_in_threadpool(intake.allows, asked):
        raise HTTPException(403)
    patience = intake.patience or site.context.settings.web.request_seconds
    body = await _body(request, largest=intake.largest, patience=patience)
    fields, file = await _fields(request, body, intake)
    asked = replace(asked, fields=fields, body=body, file=file)
    if not asked.one_click and not guard.is_own_post(request.headers, web=site.context.web):
        raise HTTPException(403)
    return asked


async def _fields(
    request: Request, body: bytes, intake: Intake
) -> tuple[Fields, UploadedFile | None]:
    """Return the fields of an urlencoded or multipart form, and its file; empty for other types."""
    parsers: Mapping[str, Callable[..., Any]] = {
        "application/x-www-form-urlencoded": partial(FormParser, max_part_size=intake.largest),
        "multipart/form-data": partial(
            MultiPartParser, max_files=1 if intake.file else 0, max_part_size=_LONGEST_PART
        ),
    }
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields, file = dict[str, list[str]](), None
    if kind not in parsers:
        return fields, file

    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        parser = parsers[kind](request.headers, once(), max_fields=_MOST_FIELDS)
        # In memory, like the body: a list of readers must not lie in a shared temporary folder.
        parser.spool_max_size = intake.largest + 1
        form = await parser.parse()
    except (ValueError, MultiPartException) as error:
        raise HTTPException(400) from error
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(_whole(name), []).append(_whole(value))
        elif value.filename:
            file = UploadedFile(_whole(value.filename), await value.read())
    await form.close()
    return fields, file


def _whole(text: str) -> str:
    """Return a text without lone surrogates, which a form's declared encoding may produce."""
    return text.encode("utf-8", "replace").decode()


async def _body(request: Request, *, largest: int, patience: float) -> bytes:
    body = bytearray()
    try:
        with anyio.fail_after(patience):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    return bytes(body)


_BEARER = re.compile(r"(?ai)Bearer +([\w-]{1,200})")


def token_of(request: WebRequest) -> ApiToken | None:
    """Return the token of a request; None if it is missing or unknown."""
    match = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
    return tokens.use_token(request.context.store, match[1], at=request.at) if match else None


#: Prefix of addresses for API clients.
FOR_PROGRAMS = "/api/"
KIND = "application/problem+json"
#: Titles that differ from the standard ones (RFC 9110, 15.5 and 15.6), by status.
_TITLES = {
    410: "Withdrawn",
    413: "Too large",
    422: "Invalid request",
    500: "Failed",
    503: "Not available",
}


def problem(
    status: int,
    detail: str = "",
    *,
    wrong: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """Return a problem as JSON; each error in ``wrong`` has "where" and "what"."""
    content: dict[str, object] = {
        "type": "about:blank",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase.capitalize(),
        "status": status,
        "detail": detail,
        "wrong": [dict(error) for error in wrong],
    }
    return JSONResponse(content, status, dict(headers), media_type=KIND)


ASK = ("GET",)
ACT = ("GET", "POST")
#: Methods of forms without a page of their own.
ONLY_ACT = ("POST",)


class SitePage(NamedTuple):
    """An address; "{name}" in it is a parameter."""

    path: str
    view: View
    methods: tuple[str, ...] = ASK
    #: What its form may contain.
    intake: Intake = PLAIN
    #: Acts of its forms, by their names in the audit log; operators who may do none of them cannot
    #: send the forms.
    acts: tuple[str, ...] = ()
