"""The pages of editions in every format, with feeds, sources and ledger; how they are made."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Hashable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from briefing.app.ledger import rows_by_reason
from briefing.core import record
from briefing.core.errors import InputError
from briefing.core.model import (
    LEFT_OUT_BY_EDITOR,
    WEEK,
    Edition,
    EditionId,
    desk_of,
    place_of,
    slot_title,
    weekly,
)
from briefing.press.formats import FORMATS, Format, Rendition
from briefing.press.html import Checks
from briefing.press.ledger import NO_ROOM, ledger_text
from briefing.press.lines import safe_url, xml_text
from briefing.press.readback import page_picture
from briefing.press.spoken import HEAD, seconds_of
from briefing.press.view import view
from briefing.press.wording import _, capitalized, long_date, worded_in
from briefing.store import archive, editions, printed_files, sagas, withdrawals
from briefing.store.editions import PublishedEdition, StoredEdition
from briefing.web import days
from briefing.web.context import Site
from briefing.web.guard import log_failure
from briefing.web.request import WebRequest
from briefing.web.stored import (
    Same,
    amended_on,
    cacheable,
    day_in,
    in_part,
    latest,
    online_page,
    page_in,
    path_of,
    public_page,
    read,
    series_in,
    stored_on,
)

_STYLE = re.compile(rb"(?s)<style>(.*?)</style>")
_DATA = re.compile(rb'<img class="logo" src="data:')
_NOTHING = "'none'"
#: Pages cached as rendered: those of a week and a few more.
_KEPT = 16
#: Labels of the edition on another paper, by the suffix of its address.
_PAPERS = {"a4.pdf": "PDF, A4", "letter.pdf": "PDF, US Letter"}
#: Cached, since a picture takes a fifth of a second.
_drawn = lru_cache(4)(page_picture)


def today(request: WebRequest) -> Response:
    """Show the latest edition; before the first, when it is due."""
    stored = latest(request)
    if not stored:
        return days.nothing_yet(request)
    return _page(request, stored)


def page(request: WebRequest) -> Response:
    """Show the edition of a day or an own page of it, otherwise why there is none."""
    day, series = day_in(request), series_in(request)
    with request.read() as tx:
        stored = editions.on(tx, series, day)
        gone = () if stored else withdrawals.on(tx, series, day)
    if gone:
        return days.withdrawn(request, gone[0])
    is_here = stored or series != request.context.briefing
    return _page(request, stored_on(request)) if is_here else days.on(request, day)


def week(request: WebRequest) -> Response:
    """Show the review of a week."""
    return _page(request, stored_on(request))


def in_form(request: WebRequest, kind: Format) -> Response:
    """Return the edition of a day in a format, as stored or written from its record.

    The PDF is on the edition's paper, or on the paper in the address if it was printed on that.
    """
    paper = f"{request.path['paper']}." if "paper" in request.path else ""
    stored, ending = stored_on(request), f"{paper}{kind.suffix}"
    if kind.name == "spoken":
        content = request.look(printed_files.spoken, stored.id)
    else:
        name = f"{paper}{kind.name}"
        content = stored.files.get(name) if kind.kept else _made(request, stored, kind)
    if content is None:
        raise HTTPException(404)
    headers = {"Content-Type": kind.media}
    if kind.name == "pdf":
        name = re.sub("[^a-z0-9-]", "", request.context.briefing) or "briefing"
        which = page_in(request, stored).replace("/", "-")
        headers["Content-Disposition"] = f'inline; filename="{name}-{which}.{ending}"'
    elif kind.name == "html":
        headers["Content-Security-Policy"] = style_policy(content)
    else:
        # Search engines should list the page, not its other formats.
        headers["X-Robots-Tag"] = "noindex"
    if kind.link:
        name = path_of(stored).replace("/", "-")
        headers["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    answer = cacheable(request, Response(content, headers=headers))
    return in_part(request, answer) if kind.name == "spoken" else answer


def _made(request: WebRequest, stored: StoredEdition, kind: Format) -> bytes:
    edition, context = read(stored.record, stored.id).edition, request.context
    if kind.name == "json":
        return record.write(edition, private=False).encode()
    web = f"{context.web}/{path_of(stored)}"
    with worded_in(""):  # a file is in one language
        amended = amended_on(request, stored)
        return kind.write(
            edition, Rendition(context.theme, context.settings.page.paper, web, amended)
        )


def last_pdf(request: WebRequest) -> Response:
    """Redirect to the latest PDF."""
    path = f"{request.context.base}/{path_of(_last_printed(request))}.pdf"
    return Response(status_code=303, headers={"Location": path, "Cache-Control": "no-cache"})


def last_picture(request: WebRequest) -> Response:
    """Return the latest PDF as a picture."""
    picture = _drawn(_last_printed(request).files["pdf"])
    return cacheable(request, Response(picture, media_type="image/png"))


def _last_printed(request: WebRequest) -> StoredEdition:
    stored = latest(request)
    if not stored or "pdf" not in stored.files:
        raise HTTPException(404)
    return stored


def style_policy(html: bytes) -> str:
    """Return the policy of a page that loads nothing: its own style blocks and embedded logo."""
    digests = (hashlib.sha256(style).digest() for style in _STYLE.findall(html))
    allowed = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    pictures = "img-src data:; " if _DATA.search(html) else ""
    return (
        f"default-src 'none'; style-src {allowed or _NOTHING}; {pictures}"
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _page(request: WebRequest, stored: StoredEdition) -> Response:
    context, view = request.context, online_page(request, stored)
    with request.read() as tx:
        series = "" if stored.briefing == context.briefing else stored.briefing
        near = days.around(tx, context, stored.day, series=series)
        followed = sagas.of_edition(tx, desk_of(stored.briefing), stored.id)
        every = archive.every(tx, context.briefing, first=stored.day, last=stored.day)
        reviews = archive.days(tx, weekly(context.briefing), first=stored.day, last=stored.day)
        is_spoken = printed_files.is_spoken(tx, stored.id)
    week, here, own = view.edition.week, page_in(request, stored), view.edition.slot
    shown: dict[str, Hashable] = {
        "current": "archive" if near.after or week else "today",
        "day": path_of(stored),
        "here": here,
        "date": f"{stored.day}",
        # Names of the other editions of the day.
        "same_day": tuple(name for name, *_ in every[::-1] if own not in {name, WEEK}),
        "address": f"{context.web}/{here}",
        "around": near,
        "reviewed": bool(reviews) and not series,
        "files": tuple(sorted(stored.files)),
        "is_spoken": is_spoken,
        # by story: the id of its saga, and the day within the saga
        "sagas": tuple(
            (story, (saga, (stored.day - since).days + 1))
            for story, (saga, since) in followed.items()
        ),
        # only shown if something differs
        "compared": f"{request.at:%H:%M} UTC" if view.faults else "",
        "amended": tuple((words.key, words) for words in amended_on(request, stored)),
        "made_of": tuple(map(EditionId.parse, week.editions)) if week else (),
    }
    html = _rendered(Same(request.site), Same(view), tuple(shown.items()))
    return cacheable(request, HTMLResponse(html))


@lru_cache(maxsize=_KEPT)
def _rendered(site: Same, view: Same, shown: tuple[tuple[str, Any], ...]) -> str:
    """Return the page of an edition; rendering its template is most of the work of a response."""
    own: Site = site.of
    about = dict(shown)
    about |= {"sagas": dict(about["sagas"]), "amended": dict(about["amended"])}
    return own.render(
        "edition",
        **about,
        view=view.of,
        page=view.of.page,
        marking=own.marking_of(view.of.edition),
        downloads=tuple(
            each
            for each in FORMATS.values()
            if each.link and (each.name != "spoken" or about["is_spoken"])
        ),
        papers=tuple((kind, label) for kind, label in _PAPERS.items() if kind in about["files"]),
    )


#: The media types of feeds, by the name of their template.
_MEDIA = {"feed": "atom", "podcast": "rss"}
#: Most editions in the feed.
_MOST = 20
#: Formats a date as RSS requires, independent of the locale.
_rfc822 = partial(format_datetime, usegmt=True)
#: Last change of a feed without entries.
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def feed(request: WebRequest) -> Response:
    """Return the feed (RFC 4287); it has no entry before the first edition."""
    return _of_editions(request, "feed")


def podcast(request: WebRequest) -> Response:
    """Return the feed's editions that are read aloud, as a podcast (RSS 2.0)."""
    return _of_editions(request, "podcast")


def _of_editions(request: WebRequest, kind: str) -> Response:
    context, entries = request.context, list[dict[str, object]]()
    with request.read() as tx:
        last = editions.published(tx, context.briefing, upto=context.today, most=_MOST)
        ids = [stored.id for stored in last] if kind == "podcast" else []
        spoken = printed_files.spoken_sizes(tx, ids, head=HEAD)
    for stored in last:
        if kind == "podcast" and stored.id not in spoken:
            continue
        try:
            edition = read(stored.record, stored.id).edition
        except InputError as error:
            # Its page reports the fault; the other editions can still be read.
            log_failure(error, at=kind)
            continue
        entries.append(_entry(request, stored, edition))
        if kind == "podcast":
            head, size = spoken[stored.id]
            entries[-1] |= {"bytes": size, "seconds": seconds_of(head, size)}
    web, updated = context.web, last[0].made if last else _NEVER
    about = {"own": f"{web}/{kind}", "page": f"{web}/", "updated": updated, "entries": entries}
    return feed_of(request, context.settings.name, kind, rfc822=_rfc822, **about)


def feed_of(request: WebRequest, title: str, kind: str = "feed", **about: object) -> Response:
    """Return a feed with its own address, its page's address and its entries."""
    # A feed read with a key has that key in its file links too: programs send no cookies.
    key = request.query.get("key", "") if request.context.closed else ""
    content = xml_text(request.site.render(kind, title=title, key=key, **about)).encode()
    media = f"application/{_MEDIA[kind]}+xml; charset=utf-8"
    answer = Response(content, headers={"Content-Type": media})
    return cacheable(request, answer)


def _entry(request: WebRequest, stored: PublishedEdition, edition: Edition) -> dict[str, object]:
    site, day = request.site, f"{slot_title(edition.slot)}{long_date(stored.day)}"
    address = f"{site.context.web}/{place_of(stored.id)}"
    page = view(edition)
    # In printed order, the top story first, each headline once.
    headlines = [*dict.fromkeys(brief.title for brief in page.briefs if brief.title)]
    template = site.templates.get_template("web/entry.html")
    return {
        "address": address,
        "title": capitalized(f"{day}: {headlines[0]}" if headlines else day),
        "made": stored.made,
        "pdf_bytes": stored.pdf_bytes,
        "summary": " · ".join(headlines) or _("The edition of {day}.", day=day),
        "content": template.render(page=page, checks=Checks(page, edition), address=address),
        "also": (),
    }


#: Source numbers have at most four digits.
_NUMBER = re.compile(r"(?a)[1-9]\d{0,3}")


def source(request: WebRequest) -> Response:
    """Show a stored text, by day and source number."""
    stored = stored_on(request)
    number = request.path["number"]
    view = online_page(request, stored)
    text = view.stored.get(int(number)) if _NUMBER.fullmatch(number) else None
    if text is None:
        raise HTTPException(404)
    return public_page(
        request,
        "source",
        page=view.page,
        marking=request.site.marking_of(view.edition),
        text=text,
        amended={words.key: words for words in amended_on(request, stored)},
        here=page_in(request, stored),
    )


#: Most headlines shown for each reason; more are only counted.
_MOST_ABOUT = 100
_HOST = re.compile(r"(?ai)https?://(?:[^/?#@]*@)?([\w.-]+)")
_SINCE = re.compile(r"(?a)not answered since ([\d: -]+UTC)")


def about(request: WebRequest) -> Response:
    """Explain how the page is made, with the latest ledger as an example."""
    context = request.context
    stored = request.look(editions.current, context.briefing, context.today)
    last = read(stored.record, stored.id).edition if stored else None
    return request.site.page(
        "about", ledger=last.ledger if last else None, day=path_of(stored) if stored else ""
    )


def ledger(request: WebRequest) -> Response:
    """Show what came in on a day, what was left out, and why."""
    stored = stored_on(request)
    edition = read(stored.record, stored.id).edition
    rows = request.look(rows_by_reason, stored, edition, most=_MOST_ABOUT)
    # what editors dropped is counted here, but listed only for editors
    public = {why: group for why, group in rows.items() if why != LEFT_OUT_BY_EDITOR}
    # a row's address is kept only if it can be a link
    headlines = {
        why: [replace(row, url=safe_url(row.url)) for row in group] for why, group in public.items()
    }
    return public_page(
        request,
        "ledger",
        edition=edition,
        marking=request.site.marking_of(edition),
        ledger=edition.ledger,
        words=ledger_text(edition),
        reasons=_reason,
        headlines=headlines,
        room={row.story: row for row in headlines.get(NO_ROOM, ())},
        # the full reason may contain a private address
        failed=[
            (
                _name(source),
                _("No response since {time}", time=since[1]) if since else _("Could not be read"),
            )
            for source, why in edition.ledger.failed
            for since in [_SINCE.match(why)]
        ],
        day=path_of(stored),
        edition_day=capitalized(f"{slot_title(edition.slot)}{long_date(stored.day)}"),
    )


def _reason(words: str) -> str:
    """Return a reason or an outcome of the ledger, in the language of the page."""
    printed, sign, names = words.partition("printed in ")
    return _(words) if printed or not sign else _("printed in {sections}", sections=names)


def _name(source: str) -> str:
    """Return the public name of a source: its name or host, never a local path."""
    if "//" in source:
        host = _HOST.match(source)
        return host[1] if host else _("A source")
    return _("A local folder") if "/" in source or "\\" in source else source
