"""One request: its form read within limits, its view answered in a thread, its failure told."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from urllib.parse import parse_qsl

import anyio
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from briefing.app.actor import Actor
from briefing.app.readers import By, admit
from briefing.app.readers.links import PATHS
from briefing.core.model import Preferences
from briefing.mail.tokens import Purpose
from briefing.store.signups import Signup, Wish
from briefing.web.admission import CrowdedError
from briefing.web.failures import log_failure
from briefing.web.forms import Fields, first
from briefing.web.limits import client_of, is_own_post, network_of
from briefing.web.problem import FOR_PROGRAMS, problem
from briefing.web.site import Site

#: Bytes of a form, fields in it, and bytes of one: ten times what ours hold.
_LARGEST, _MOST_FIELDS, _LONGEST_FIELD = 16_384, 80, 4_096
_USUAL = Preferences()
#: Seconds until one who asks for too much at a time may ask again.
_SOON = "5"
#: Begin of the addresses to which a mail program may send from anywhere.
_LEAVE = f"{PATHS[Purpose.LEAVE]}/"


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What a view is given."""

    site: Site
    #: GET and HEAD ask, POST acts.
    posts: bool
    #: Parts of the path by name.
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    fields: Fields
    #: Where from.
    network: str
    #: Now, aware UTC.
    at: datetime
    #: GET, HEAD, POST; DELETE for programs.
    method: str = "GET"
    #: Path and question as they were asked for.
    address: str = "/"
    cookies: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    #: What a POST sent, as it came.
    body: bytes = field(default=b"", repr=False)

    @property
    def one_click(self) -> bool:
        """Whether a mail program unsubscribes its reader (RFC 8058); no other page believes it."""
        leaves = self.posts and self.address.startswith(_LEAVE)
        return leaves and first(self.fields, "List-Unsubscribe") == "One-Click"

    @property
    def does(self) -> str:
        """What the form wants done; empty when it does not carry the token of its page."""
        sent = self.posts and first(self.fields, "token") == self.path.get("token", "")
        return first(self.fields, "do") if sent else ""

    def by(self, words: str = "", *, how: str = "form") -> By:
        """Return who acts, for the consent log."""
        return By(how, self.network, words)

    def actor(self, name: str) -> Actor:
        """Return who acts under a name, for the audit log."""
        return Actor(name, self.network)

    def admits(
        self,
        what: Wish,
        *,
        address: str = "",
        subscriber: int = 0,
        preferences: Preferences = _USUAL,
        words: str = "",
    ) -> bool:
        """Keep what is asked for, to be decided after the answer; False: asked too often."""
        context, by = self.site.context, self.by(words)
        signup = Signup(what, address, subscriber, preferences, by.how, by.origin, by.words)
        again = admit(
            context.store, self.network, signup=signup, clock=context.clock, limits=context.limits
        )
        return again is None


View = Callable[[WebRequest], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(site: Site, view: View) -> Endpoint:
    """Return what answers requests by a view; whatever fails is a page with a number."""

    async def answer(request: Request) -> Response:
        try:
            asked = await _read(site, request)
            return await site.admission.answer(client_of(_host(request)), partial(view, asked))
        except ClientDisconnect:
            # Nobody reads it; raised further, each would fill the log with where it came from.
            return Response(status_code=400)
        except CrowdedError:
            return _crowded(site, request)
        except HTTPException as error:
            if not _is_for_programs(request):
                raise
            return problem(error.status_code, headers=error.headers or {})
        except Exception as error:
            number = log_failure(error, at=view.__name__)
            if _is_for_programs(request):
                return problem(500, f"Number of the failure: {number}")
            return site.error(500, number=number)

    answer.__name__ = view.__name__
    return answer


def _host(request: Request) -> str:
    return request.client.host if request.client else ""


def _crowded(site: Site, request: Request) -> Response:
    """Refuse a request of a client for whom many pages are being made already."""
    headers = {"Retry-After": _SOON, "Connection": "close"}
    if _is_for_programs(request):
        return problem(429, "Too many requests of this client at one time.", headers=headers)
    return site.message_page(
        "Too many pages at once",
        "From where you are, more pages are asked for than can be made at one time. Nothing has "
        "changed. Open the page again in a moment.",
        status=429,
        headers=headers,
    )


def _is_for_programs(request: Request) -> bool:
    path: str = request.scope["path"]
    return path.startswith(FOR_PROGRAMS)


async def _read(site: Site, request: Request) -> WebRequest:
    posts = request.method == "POST"
    body = await _body(request, patience=site.context.patience) if posts else b""
    asked = WebRequest(
        site,
        posts,
        request.path_params,
        request.query_params,
        request.headers,
        await _fields(request, body) if posts else {},
        network_of(_host(request)),
        site.context.clock(),
        request.method,
        _address(request),
        request.cookies,
        body,
    )
    if posts and not asked.one_click and not is_own_post(request.headers, web=site.context.web):
        raise HTTPException(403)
    return asked


def _address(request: Request) -> str:
    query = request.scope["query_string"].decode("ascii", "replace")
    path: str = request.scope["path"]
    return f"{path}?{query}" if query else path


async def _fields(request: Request, body: bytes) -> Fields:
    """Return the fields of a form in either of its two codings; another body has none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    pairs: list[tuple[str, str]] = []
    try:
        if kind == "application/x-www-form-urlencoded":
            text = body.decode("utf-8", "replace")
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        elif kind == "multipart/form-data":
            pairs = await _parts(request, body)
    except (ValueError, MultiPartException) as error:
        raise HTTPException(400) from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


async def _parts(request: Request, body: bytes) -> list[tuple[str, str]]:
    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers,
        once(),
        max_files=0,
        max_fields=_MOST_FIELDS,
        max_part_size=_LONGEST_FIELD,
    )
    form = await parser.parse()
    pairs = ((name, value) for name, value in form.multi_items() if isinstance(value, str))
    return [(_whole(name), _whole(value)) for name, value in pairs]


def _whole(text: str) -> str:
    """Return a text without halves of characters, which the coding that a form names may hold."""
    return text.encode("utf-8", "replace").decode()


async def _body(request: Request, *, patience: float) -> bytes:
    body = b""
    try:
        with anyio.fail_after(patience):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGEST:
                    raise HTTPException(413)
    except TimeoutError as error:
        raise HTTPException(408) from error
    return body
