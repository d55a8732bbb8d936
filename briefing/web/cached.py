"""Public answers that caches may keep: entity tags, 304, and compression."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache

from starlette.responses import Response

from briefing.web.request import WebRequest

#: What may be corrected or withdrawn: kept, but never shown again without asking.
ASK_AGAIN = "public, no-cache"
#: Kinds that compression makes shorter, and the bytes from which it does.
_TEXT = re.compile(r"text/|image/svg|application/(?:json|atom\+xml)")
_WORTHWHILE = 1_000
#: Compressed answers kept: the pages of a few editions, the styles, the feed.
_KEPT = 32
#: Larger ones are compressed anew, so that what is kept stays within some megabytes.
_LARGEST = 300_000
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


def _has(known: str, tag: str) -> bool:
    """Tell whether a client has what a tag names (RFC 9110, section 13.1.2)."""
    return known.strip() == "*" or tag in _TAG.findall(known)


def _accepts_gzip(request: WebRequest) -> bool:
    return bool(_GZIP.search(request.headers.get("accept-encoding", "").lower()))


def _compress(body: bytes) -> bytes:
    # Without a time, equal bytes stay equal.
    return gzip.compress(body, mtime=0)


_compressed = lru_cache(maxsize=_KEPT)(_compress)
