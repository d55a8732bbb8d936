"""Stored editions as online pages, verified whenever they are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from functools import lru_cache

from starlette.exceptions import HTTPException

from briefing.app.corrections import corrections_of
from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import Document, EditionId, weekly
from briefing.core.record import Record
from briefing.core.schedule import zone
from briefing.core.text.segment import segment
from briefing.press.amended import AmendedWords, amended
from briefing.press.online import Online, online, reports_in
from briefing.press.screen import anchors
from briefing.store import documents, editions, printed_files, withdrawals
from briefing.store.editions import StoredEdition
from briefing.web.context import WebContext
from briefing.web.dates import read_day
from briefing.web.failures import LOG
from briefing.web.request import WebRequest

#: Cached editions: those of a week and a few more.
_KEPT = 16
#: Editions whose anchors are cached: a few pages of the archive.
_KEPT_ANCHORS = 128


def series_in(request: WebRequest) -> str:
    """Return whose editions an address names: those of the briefing, or its weeks in review."""
    briefing = request.site.context.briefing
    return weekly(briefing) if "week" in request.path else briefing


def day_in(request: WebRequest) -> date:
    """Return the day in the address; of a week its last.

    Raises:
        HTTPException: it is not valid (404).
    """
    day = read_day(request.path["week" if "week" in request.path else "day"])
    if day is None:
        raise HTTPException(404)
    return day


def stored_on(request: WebRequest) -> StoredEdition:
    """Return the edition of the day in the address, or its page of the sections there.

    Raises:
        HTTPException: it names no day, or no such page was printed then (404), or it was withdrawn
            (410).
    """
    series, day, key = series_in(request), day_in(request), request.path.get("sections", "")
    with request.site.context.store.read() as tx:
        stored = editions.on(tx, series, day)
        gone = stored is None and withdrawals.on(tx, series, day)
        own = printed_files.get(tx, stored.id, key) if stored and key else None
    if stored is None or (key and own is None):
        raise HTTPException(410 if gone else 404)
    return replace(stored, record=own.record, files={"pdf": own.pdf}) if own else stored


def page_in(request: WebRequest, stored: StoredEdition) -> str:
    """Return the path of the page in the address: "2026-01-04", of some sections "2026-01-04/1-3".

    The address of today's page names no day.
    """
    key = request.path.get("sections", "")
    return f"{path_of(stored)}/{key}" if key else path_of(stored)


def path_of(stored: StoredEdition) -> str:
    """Return the place of an edition on the web, below the address of its briefing."""
    return EditionId.parse(stored.id).path


def online_page(request: WebRequest, stored: StoredEdition) -> Online:
    """Return the page of an edition.

    The page is cached by the record and all texts it shows, so any changed character makes a new
    page, and each that is sent is verified.

    Raises:
        InputError: the record cannot be read.
    """
    context = request.site.context
    with context.store.read() as tx:
        texts = documents.texts(tx, reports_in(read(stored.record, stored.id)))
    shown = tuple(texts[name] for name in sorted(texts))
    return _worded(stored.record, stored.id, shown, zone_of(context))


def amended_on(request: WebRequest, stored: StoredEdition) -> tuple[AmendedWords, ...]:
    """Return what an edition printed on the page in the address and its sources have changed."""
    with request.site.context.store.read() as tx:
        key = request.path.get("sections", "")
        return amended(corrections_of(tx, stored.briefing, stored.id, page=key))


def zone_of(context: WebContext) -> str:
    """Return the IANA name of the zone in which times are shown."""
    return context.timetable.zone if context.timetable else "UTC"


@lru_cache(maxsize=2 * _KEPT)
def read(text: str, name: str) -> Record:
    """Return the parsed record of an edition.

    Raises:
        InputError: it cannot be read.
    """
    return record.read(text, name=name)


@lru_cache(maxsize=_KEPT_ANCHORS)
def anchors_in(text: str, name: str) -> tuple[str, ...]:
    """Return the id of each brief on the web page of an edition, in the order of the sections.

    Nothing for a record that cannot be read: the page of its day says so.
    """
    try:
        return anchors(record.read(text, name=name).edition)
    except InputError:
        return ()


@lru_cache(maxsize=_KEPT)
def _worded(text: str, name: str, shown: tuple[Document, ...], zone_name: str) -> Online:
    page = online(
        read(text, name),
        sources={document.id: document for document in shown},
        segment=segment,
        zone=zone(zone_name) or UTC,
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
