"""The pages of editions: online, as printed HTML, PDF, Word document, EPUB, Markdown and JSON."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from briefing.core import record
from briefing.core.model import Edition, EditionId, weekly
from briefing.press.amended import AmendedWords
from briefing.press.dates import short_date
from briefing.press.epub import page_epub
from briefing.press.markdown import page_markdown
from briefing.store import archive, editions, sagas, withdrawals
from briefing.store.editions import StoredEdition
from briefing.web import no_edition
from briefing.web.cached import ASK_AGAIN, Same, cacheable
from briefing.web.days import Around, around
from briefing.web.request import WebRequest
from briefing.web.site import Site
from briefing.web.stored import (
    amended_on,
    day_in,
    online_page,
    page_in,
    path_of,
    read,
    stored_on,
)

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_DATA = re.compile(rb'<img class="logo" src="data:')
_NOTHING = "'none'"
#: Pages kept as they are shown: those of a week and a few more.
_KEPT = 16
#: Search engines lead to the page, not to other forms of it.
NOT_SEARCHED = MappingProxyType({"X-Robots-Tag": "noindex"})
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: Labels of the edition on another paper, by the kind of its file, which is the end of its address.
_PAPERS = MappingProxyType({"a4.pdf": "PDF, A4", "letter.pdf": "PDF, US Letter"})


def today(request: WebRequest) -> Response:
    """Show the latest edition; before the first, when it is due."""
    context = request.site.context
    with context.store.read() as tx:
        stored = editions.current(tx, context.briefing, context.today)
    if stored is None:
        return no_edition.nothing_yet(request)
    return _page(request, stored)


def page(request: WebRequest) -> Response:
    """Show the edition of a day, or its own page; without one, why there is none."""
    context, day = request.site.context, day_in(request)
    with context.store.read() as tx:
        stored = editions.on(tx, context.briefing, day)
        gone = () if stored else withdrawals.on(tx, context.briefing, day)
    if gone:
        return no_edition.withdrawn(request, gone[0])
    return _page(request, stored_on(request)) if stored else no_edition.on(request, day)


def week(request: WebRequest) -> Response:
    """Show the review of a week."""
    return _page(request, stored_on(request))


def printed(request: WebRequest) -> Response:
    """Return the stored single-file HTML of a day."""
    stored = stored_on(request)
    html = stored.files.get("html", b"")
    return _file(
        request,
        stored,
        "html",
        {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": style_policy(html)},
    )


def pdf(request: WebRequest) -> Response:
    """Return the PDF of a day, on the paper of the edition."""
    return _pdf(request, "pdf")


def other_paper(request: WebRequest) -> Response:
    """Return the PDF of a day on another paper, if it was printed there."""
    paper = f"{request.path['paper']}.pdf"
    if paper not in _PAPERS:
        raise HTTPException(404)
    return _pdf(request, paper)


def data(request: WebRequest) -> Response:
    """Return the public record of a day as JSON."""
    stored = stored_on(request)
    content = record.write(record.public(read(stored.record, stored.id).edition))
    headers = {"Content-Type": "application/json", **NOT_SEARCHED}
    return cacheable(request, Response(content, headers=headers), keep=ASK_AGAIN)


def markdown(request: WebRequest) -> Response:
    """Return the edition of a day as Markdown."""
    stored, context = stored_on(request), request.site.context
    edition = read(stored.record, stored.id).edition
    content = page_markdown(
        edition,
        theme=context.theme,
        web=permanent(request, path_of(stored)),
        amended=amended_on(request, stored),
    )
    headers = {"Content-Type": "text/markdown; charset=utf-8", **NOT_SEARCHED}
    return cacheable(request, Response(content, headers=headers), keep=ASK_AGAIN)


def word(request: WebRequest) -> Response:
    """Return the edition of a day as a Word document."""
    from briefing.press.word import page_word  # noqa: PLC0415  only who wants one pays for it

    stored, context = stored_on(request), request.site.context
    edition = read(stored.record, stored.id).edition
    content = page_word(
        edition,
        theme=context.theme,
        paper=context.paper,
        web=permanent(request, path_of(stored)),
        amended=amended_on(request, stored),
    )
    headers = {
        "Content-Type": _WORD,
        "Content-Disposition": f'attachment; filename="{path_of(stored).replace("/", "-")}.docx"',
        **NOT_SEARCHED,
    }
    return cacheable(request, Response(content, headers=headers), keep=ASK_AGAIN)


def epub(request: WebRequest) -> Response:
    """Return the edition of a day as an EPUB."""
    stored, context = stored_on(request), request.site.context
    path = path_of(stored)
    content = page_epub(
        read(stored.record, stored.id).edition,
        theme=context.theme,
        web=permanent(request, path),
        amended=amended_on(request, stored),
    )
    headers = {
        "Content-Type": "application/epub+zip",
        "Content-Disposition": f'attachment; filename="{path.replace("/", "-")}.epub"',
        **NOT_SEARCHED,
    }
    return cacheable(request, Response(content, headers=headers), keep=ASK_AGAIN)


def last_pdf(request: WebRequest) -> Response:
    """Redirect to the latest PDF."""
    context = request.site.context
    with context.store.read() as tx:
        stored = editions.current(tx, context.briefing, context.today)
    if stored is None or "pdf" not in stored.files:
        raise HTTPException(404)
    path = f"{context.base}/{stored.day}.pdf"
    return Response(status_code=303, headers={"Location": path, "Cache-Control": "no-cache"})


def style_policy(html: bytes) -> str:
    """Return the policy of a page that loads nothing: its own style blocks and embedded logo."""
    digests = (hashlib.sha256(style).digest() for style in _STYLE.findall(html))
    allowed = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    pictures = "img-src data:; " if _DATA.search(html) else ""
    return (
        f"default-src 'none'; style-src {allowed or _NOTHING}; {pictures}"
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def permanent(request: WebRequest, path: str) -> str:
    """Return the address of an edition that never changes."""
    return f"{request.site.context.web}/{path}"


def _page(request: WebRequest, stored: StoredEdition) -> Response:
    context, view = request.site.context, online_page(request, stored)
    with context.store.read() as tx:
        series = "" if stored.briefing == context.briefing else stored.briefing
        near = around(tx, context, stored.day, series=series)
        followed = sagas.of_edition(tx, stored.briefing, stored.id)
        reviews = archive.days(tx, weekly(context.briefing), first=stored.day, last=stored.day)
    html = _rendered(
        Same(request.site),
        view=Same(view),
        day=stored.day,
        path=path_of(stored),
        here=page_in(request, stored),
        near=near,
        reviewed=bool(reviews) and not series,
        kinds=tuple(sorted(stored.files)),
        followed=tuple((story, *saga) for story, saga in followed.items()),
        # only shown with what differs
        compared=f"{request.at:%H:%M} UTC" if view.faults else "",
        amended=amended_on(request, stored),
    )
    return cacheable(request, HTMLResponse(html), keep=ASK_AGAIN)


@lru_cache(maxsize=_KEPT)
def _rendered(  # noqa: PLR0913  what the page shows
    site: Same,
    *,
    view: Same,
    day: date,
    path: str,
    here: str,
    near: Around,
    reviewed: bool,
    kinds: tuple[str, ...],
    followed: tuple[tuple[str, str, date], ...],
    compared: str,
    amended: tuple[AmendedWords, ...],
) -> str:
    """Return the page of an edition; to fill in its template is most of the work of an answer."""
    own: Site = site.of
    day = view.of.edition.day
    return own.render(
        "edition",
        current="archive" if near.after or view.of.edition.week else "today",
        view=view.of,
        page=view.of.page,
        marking=own.marking_of(view.of.edition),
        day=path,
        here=here,
        around=near,
        reviewed=reviewed,
        files=kinds,
        # by story: the id of its saga, and which day of that it is
        sagas={story: (id_, (day - since).days + 1) for story, id_, since in followed},
        papers=tuple((kind, label) for kind, label in _PAPERS.items() if kind in kinds),
        address=f"{own.context.web}/{here}",
        compared=compared,
        amended={one.key: one for one in amended},
        made_of=_made_of(view.of.edition),
    )


def _made_of(edition: Edition) -> tuple[tuple[str, str], ...]:
    """Return path and day of each edition that a week in review is made of."""
    ids = map(EditionId.parse, edition.week.editions) if edition.week else ()
    return tuple((id_.path, short_date(id_.day)) for id_ in ids)


def _pdf(request: WebRequest, kind: str) -> Response:
    stored = stored_on(request)
    name = re.sub("[^a-z0-9-]", "", request.site.context.briefing) or "briefing"
    which = page_in(request, stored).replace("/", "-")
    disposition = f'inline; filename="{name}-{which}.{kind}"'
    headers = {"Content-Type": "application/pdf", "Content-Disposition": disposition}
    return _file(request, stored, kind, headers)


def _file(
    request: WebRequest, stored: StoredEdition, kind: str, headers: dict[str, str]
) -> Response:
    content = stored.files.get(kind)
    if content is None:
        raise HTTPException(404)
    return cacheable(request, Response(content, headers=headers), keep=ASK_AGAIN)
