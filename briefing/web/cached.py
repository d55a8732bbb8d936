"""Public answers that caches may keep: entity tags, 304, and compression."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from functools import lru_cache, wraps
from threading import Lock
from typing import Any

from starlette.responses import Response

from briefing.core.model import Step
from briefing.store import archive, runs
from briefing.web.request import View, WebRequest

#: What may be corrected or withdrawn: kept, but never shown again without asking.
ASK_AGAIN = "public, no-cache"
#: Kinds that compression makes shorter, and the bytes from which it does.
_TEXT = re.compile(r"text/|image/svg|application/(?:json|atom\+xml)")
_WORTHWHILE = 1_000
#: Compressed answers kept: the pages of a few editions, the styles, the feed.
_KEPT = 32
#: Larger ones are compressed anew, so that what is kept stays within some megabytes.
_LARGEST = 300_000
#: Answers of which the tag is known: all forms of a month, and searches.
_ANSWERS = 500
#: Headers of an answer that says that nothing has changed.
_SAID_AGAIN = ("etag", "cache-control", "vary")
#: An entity tag in If-None-Match, without the mark of a weak one.
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
#: gzip among the codings that a client accepts, and is not refused by a quality of zero.
_GZIP = re.compile(r"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)")


def cacheable(request: WebRequest, answer: Response, *, keep: str, often: bool = True) -> Response:
    """Let caches keep a public answer: 304 if the client has it, else compressed if it can.

    What is asked for ``often`` is kept compressed.

    Only for what holds no secret: a page with a token must not be compressed beside words that
    somebody else chose (BREACH). The tag is weak, since both encodings have the same.
    """
    body = bytes(answer.body)
    tag = hashlib.sha256(body).hexdigest()[:32]
    answer.headers.update({"ETag": f'W/"{tag}"', "Cache-Control": keep})
    compressible = bool(_TEXT.match(answer.headers.get("content-type", "")))
    if compressible:
        answer.headers["Vary"] = "Accept-Encoding"
    if _has(request.headers.get("if-none-match", ""), tag):
        kept = {name: answer.headers[name] for name in ("etag", "cache-control")}
        vary = {"Vary": "Accept-Encoding"} if compressible else {}
        return Response(status_code=304, headers=kept | vary)
    if compressible and len(body) >= _WORTHWHILE and _accepts_gzip(request):
        answer.body = (_compressed if often and len(body) <= _LARGEST else _compress)(body)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def asked_again(view: View) -> View:
    """Let a view be asked whether its page has changed without making it once more.

    What it gave counts for the rest of the minute, as long as no edition comes or goes, none is
    tried, and the settings stay.
    """

    @wraps(view)
    def answer(request: WebRequest) -> Response:
        known = request.headers.get("if-none-match", "")
        if not known:
            return view(request)
        state = _state(request)
        headers = _ANSWERED.get(state)
        if headers and _has(known, _tag_in(headers)):
            return Response(status_code=304, headers=headers)
        made = view(request)
        if "etag" in made.headers:
            kept = {name: made.headers[name] for name in _SAID_AGAIN if name in made.headers}
            _ANSWERED.keep(state, kept)
        return made

    return answer


class Same:
    """Something that is equal to itself alone, to be known again by a cache that keeps it."""

    def __init__(self, of: Any) -> None:  # noqa: ANN401  anything
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.of is other.of

    def __hash__(self) -> int:
        return id(self.of)


class _Answered:
    """The headers of the last answers, by what they were made of."""

    def __init__(self) -> None:
        self._headers: OrderedDict[Hashable, Mapping[str, str]] = OrderedDict()
        self._lock = Lock()

    def get(self, state: Hashable) -> Mapping[str, str] | None:
        return self._headers.get(state)

    def keep(self, state: Hashable, headers: Mapping[str, str]) -> None:
        with self._lock:
            self._headers[state] = headers
            while len(self._headers) > _ANSWERS:
                self._headers.popitem(last=False)


_ANSWERED = _Answered()


def _state(request: WebRequest) -> Hashable:
    """Return what a public page is made of, or changes with it."""
    context = request.site.context
    with context.store.read() as tx:
        printed = archive.state(tx, context.briefing)
        tried = runs.newest(tx, context.briefing, Step.PUBLISH)
    minute = request.at.replace(second=0, microsecond=0)
    # The site is another one when its settings change.
    return Same(request.site), request.address, minute, printed, tried


def _tag_in(headers: Mapping[str, str]) -> str:
    return "".join(_TAG.findall(headers["etag"]))


def _has(known: str, tag: str) -> bool:
    """Tell whether a client has what a tag names (RFC 9110, section 13.1.2)."""
    return known.strip() == "*" or tag in _TAG.findall(known)


def _accepts_gzip(request: WebRequest) -> bool:
    return bool(_GZIP.search(request.headers.get("accept-encoding", "").lower()))


def _compress(body: bytes) -> bytes:
    # Without a time, equal bytes stay equal.
    return gzip.compress(body, mtime=0)


_compressed = lru_cache(maxsize=_KEPT)(_compress)
