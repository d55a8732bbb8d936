"""Stored editions as web pages, verified when shown, and responses that caches may keep."""

import gzip
import hashlib
import re
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import replace
from datetime import date, tzinfo
from functools import lru_cache, wraps
from threading import Lock
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from briefing.app.corrections import corrected_by_desk, corrections_of
from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import WEEK, Document, EditionId, Step, series_of
from briefing.core.text.segment import segment
from briefing.press.corrections import AmendedWords, amended
from briefing.press.html import anchors
from briefing.press.online import Online, online, reports_in
from briefing.press.wording import worded
from briefing.store import archive, documents, editions, printed_files, runs, withdrawals
from briefing.store.editions import StoredEdition
from briefing.web.forms import read_day
from briefing.web.guard import LOG
from briefing.web.request import View, WebRequest

#: Cached editions: those of a week and a few more.
_KEPT = 16
#: Editions whose anchors are cached: a few pages of the archive.
_KEPT_ANCHORS = 128


def day_in(request: WebRequest) -> date:
    """Return the day in the address, or the last day of a week; 404 if it is not valid."""
    day = read_day(request.path["week" if "week" in request.path else "day"])
    if not day:
        raise HTTPException(404)
    return day


def series_in(request: WebRequest) -> str:
    """Return the name of the series in the address, as in the store."""
    edition = WEEK if "week" in request.path else request.path.get("edition", "")
    if edition == request.path.get("edition") == WEEK:
        raise HTTPException(404)
    return series_of(request.context.briefing, edition)


def stored_on(request: WebRequest) -> StoredEdition:
    """Return the edition of the day in the address, or the own page in it.

    Raises:
        HTTPException: the day or page does not exist (404), or it was withdrawn (410).
    """
    day, series, key = day_in(request), series_in(request), request.path.get("sections", "")
    with request.read() as tx:
        stored = editions.on(tx, series, day)
        gone = stored is None and withdrawals.on(tx, series, day)
        own = printed_files.get(tx, stored.id, key) if stored and key else None
    if stored is None or (key and own is None):
        raise HTTPException(410 if gone else 404)
    return replace(stored, record=own.record, files={"pdf": own.pdf}) if own else stored


def page_in(request: WebRequest, stored: StoredEdition) -> str:
    """Return the path of the page: "2026-01-04", or for some sections "2026-01-04/1-3".

    It is taken from the edition, since the address of today's page contains no day.
    """
    key = request.path.get("sections", "")
    return f"{path_of(stored)}/{key}" if key else path_of(stored)


def path_of(stored: StoredEdition) -> str:
    """Return the path of an edition, below the address of its briefing."""
    return EditionId.parse(stored.id).path


def online_page(request: WebRequest, stored: StoredEdition) -> Online:
    """Return the page of an edition; raise InputError if its record cannot be read.

    The page is cached by the record and all texts that it shows: any changed character makes a new
    page, so every page sent is verified.
    """
    context = request.context
    texts = request.look(documents.texts, reports_in(read(stored.record, stored.id)))
    shown = tuple(texts[name] for name in sorted(texts))
    return _worded(stored.record, stored.id, shown, context.clocks, worded())


def amended_on(request: WebRequest, stored: StoredEdition) -> tuple[AmendedWords, ...]:
    """Return words printed on the requested page that their sources or the desk have corrected."""
    with request.read() as tx:
        key = request.path.get("sections", "")
        of_sources = amended(corrections_of(tx, stored.briefing, stored.id, page=key))
        return (*of_sources, *corrected_by_desk(tx, stored.id))


def latest(request: WebRequest) -> StoredEdition | None:
    """Return the latest edition; None before the first."""
    context = request.context
    return request.look(editions.current, context.briefing, context.today)


@lru_cache(maxsize=2 * _KEPT)
def read(text: str, name: str) -> record.Record:
    """Return the parsed record of an edition; raise InputError if it cannot be read."""
    return record.read(text, name=name)


@lru_cache(maxsize=_KEPT_ANCHORS)
def anchors_in(text: str, name: str) -> tuple[str, ...]:
    """Return the id of each brief on an edition's web page, in the order of the sections.

    Empty for a record that cannot be read, which the page of its day reports.
    """
    try:
        return anchors(record.read(text, name=name).edition)
    except InputError:
        return ()


@lru_cache(maxsize=_KEPT)
def _worded(
    text: str, name: str, shown: tuple[Document, ...], zone: tzinfo, _language: str
) -> Online:
    page = online(
        read(text, name),
        sources={document.id: document for document in shown},
        segment=segment,
        zone=zone,
    )
    if page.faults:
        LOG.error(
            "edition %s: %s of %s printed passages are not as they stand in the stored texts; "
            "look with `briefing verify`",
            name,
            len(page.faults),
            len(page.checks),
        )
    return page


#: For what may be corrected or withdrawn: caches must revalidate it before every use.
ASK_AGAIN = "public, no-cache"
#: Media types that are compressed, and the minimum number of bytes.
_TEXT = re.compile(r"text/|image/svg|application/(?:json|(?:atom|rss)\+xml)")
_WORTHWHILE = 1_000
#: Cached compressed responses: the pages of a few editions, the styles, the feed.
_KEPT_CACHED = 32
#: Larger responses are compressed each time, so that the cache stays within a few megabytes.
_LARGEST = 300_000
#: Responses whose tags are cached: all formats of a month, and searches.
_ANSWERS = 500
#: Headers of a 304 response.
_REPEATED = ("etag", "cache-control", "vary")
#: An entity tag in If-None-Match, without the prefix of a weak one.
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
#: A single byte range: from a position on, or the last bytes.
_RANGE = re.compile(r"(?a)bytes=(?=.*\d)(\d{0,15})-(\d{0,15})")
#: gzip in Accept-Encoding, unless refused by a quality of zero.
_GZIP = re.compile(r"(?:^|,)\s*(?:x-)?gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[^,]*)?(?:,|$)")


def public_page(request: WebRequest, template: str, **about: Any) -> Response:  # noqa: ANN401  what the page shows
    """Return a page that caches may keep if they revalidate it."""
    return cacheable(request, request.site.page(template, **about))


def cacheable(
    request: WebRequest, answer: Response, *, keep: str = ASK_AGAIN, often: bool = True
) -> Response:
    """Make a public response cacheable: 304 if the client has it, compressed if accepted.

    Compressed responses that are requested ``often`` are cached.

    Only for responses without secrets: a page with a token must not be compressed together with
    words that somebody else chose (BREACH). The tag is weak, since both encodings share it.
    """
    body = bytes(answer.body)
    tag = hashlib.sha256(body).hexdigest()[:32]
    answer.headers.update({"ETag": f'W/"{tag}"', "Cache-Control": keep})
    compressible = bool(_TEXT.match(answer.headers.get("content-type", "")))
    if compressible:
        answer.headers["Vary"] = "Accept-Encoding"
    if _has(request.headers.get("if-none-match", ""), tag):
        kept = {name: answer.headers[name] for name in _REPEATED if name in answer.headers}
        return Response(status_code=304, headers=kept)
    accepts = _GZIP.search(request.headers.get("accept-encoding", "").lower())
    if compressible and len(body) >= _WORTHWHILE and accepts:
        answer.body = (_compressed if often and len(body) <= _LARGEST else _compress)(body)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def in_part(request: WebRequest, answer: Response) -> Response:
    """Return the byte range that a media player requests of a file (RFC 9110, section 14)."""
    answer.headers["Accept-Ranges"] = "bytes"
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    is_whole = request.method != "GET" or answer.status_code != 200
    if is_whole or not wanted or "if-range" in request.headers:
        return answer
    body, (begin, end) = bytes(answer.body), wanted.groups()
    size = len(body)
    first = int(begin) if begin else max(size - int(end), 0)
    last = min(int(end), size - 1) if begin and end else size - 1
    if first >= size:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{size}"})
    if begin and end and int(end) < first:
        return answer
    answer.status_code, answer.body = 206, body[first : last + 1]
    answer.headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    answer.headers["Content-Length"] = f"{last + 1 - first}"
    return answer


def asked_again(view: View) -> View:
    """Let a view answer conditional requests without making its page again.

    A response stays valid until the end of the minute, unless an edition is added or removed,
    publishing is tried, or the settings change.
    """

    @wraps(view)
    def answer(request: WebRequest) -> Response:
        known = request.headers.get("if-none-match", "")
        if not known:
            return view(request)
        state = _state(request)
        headers = _ANSWERED.get(state)
        if headers and _has(known, "".join(_TAG.findall(headers["etag"]))):
            return Response(status_code=304, headers=headers)
        made = view(request)
        if "etag" in made.headers:
            kept = {name: made.headers[name] for name in _REPEATED if name in made.headers}
            with _ANSWERED_LOCK:
                _ANSWERED[state] = kept
                while len(_ANSWERED) > _ANSWERS:
                    _ANSWERED.popitem(last=False)
        return made

    return answer


class Same:
    """Compares by identity, as a cache key for an object."""

    def __init__(self, of: Any) -> None:  # noqa: ANN401  anything
        self.of = of

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.of is other.of

    def __hash__(self) -> int:
        return id(self.of)


#: The headers of the latest responses, by :func:`_state`.
_ANSWERED: OrderedDict[Hashable, Mapping[str, str]] = OrderedDict()
_ANSWERED_LOCK = Lock()


def _state(request: WebRequest) -> Hashable:
    """Return what a public page depends on."""
    context = request.context
    with request.read() as tx:
        printed = archive.state(tx, context.briefing)
        tried = runs.newest(tx, context.briefing, Step.PUBLISH)
    minute = request.at.replace(second=0, microsecond=0)
    # The site is another object after its settings change.
    return Same(request.site), request.address, minute, printed, tried


def _has(known: str, tag: str) -> bool:
    """Return whether a client has the response of a tag (RFC 9110, section 13.1.2)."""
    return known.strip() == "*" or tag in _TAG.findall(known)


def _compress(body: bytes) -> bytes:
    # Without a timestamp, equal input gives equal bytes.
    return gzip.compress(body, mtime=0)


_compressed = lru_cache(maxsize=_KEPT_CACHED)(_compress)
