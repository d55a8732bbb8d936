"""From what a source lists to a document: its page read when the listing is not the report."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from briefing.core.errors import FetchError
from briefing.core.model import Document, Entry, Item, Mark, Source, TextFrom
from briefing.core.ports import Gateway
from briefing.sources import language as languages
from briefing.sources.addresses import host_name, is_front_page
from briefing.sources.entries import (
    FEWEST_OWN_WORDS,
    FEWEST_WORDS,
    from_document,
    is_blurb,
    with_blurb,
    words,
)
from briefing.sources.keys import keys, listed, owner_of, text_key, url_key
from briefing.sources.records import make_id
from briefing.sources.web_page import WebPage, read_page

#: When a page is visited again that did not answer now and did not say when: most faults of
#: servers are over by then, and a morning's run is not.
RETRY = timedelta(hours=1)
#: Kinds whose listing holds the whole report: there is no page behind it.
_WHOLE = frozenset({"page", "folder"})


def wants_page(entry: Entry, *, source: Source) -> bool:
    """Tell whether the page of an item must be read to have the report."""
    if source.kind in _WHOLE or source.text is TextFrom.FEED:
        return False
    if not entry.url or is_front_page(entry.url):
        return False
    return source.text is TextFrom.PAGE or is_blurb(entry.text)


async def complete(
    entry: Entry,
    *,
    source: Source,
    gateway: Gateway,
    now: datetime,
    known_by: tuple[str, ...] | None = None,
) -> Item:
    """Return the item of an entry, with its page's text when that is wanted and can be read.

    Nothing that is listed is lost: without its page it has the text of the listing, which may be
    empty.

    Args:
        entry: as listed.
        source: what listed it.
        gateway: the way to its page.
        now: aware UTC.
        known_by: the :func:`keys` of the entry, where the caller has them already.
    """
    page, retry = None, None
    if wants_page(entry, source=source):
        try:
            page = await read_page(entry.url, gateway=gateway)
        except FetchError as error:
            retry = _next_visit(error, now=now)
    use_page = page is not None and _is_better(page.document, entry, source=source)
    named = keys(entry, source=source) if known_by is None else known_by
    draft = _Draft(entry, named, page, source, use_page=use_page, now=now)
    # Telling a language takes milliseconds, and a feed may have a thousand items.
    told = bool(source.language or entry.language) and page is None
    item = _item(draft) if told else await asyncio.to_thread(_item, draft)
    return replace(item, listed=listed(entry), retry_page=retry, file=entry.file)


async def reread(document: Document, *, source: Source, gateway: Gateway, now: datetime) -> Item:
    """Return the item of a page that was read or missed before, as it stands there now.

    The page's text is kept, shorter or not, unless only the first lines are still to be seen or
    the document is a blurb and longer. ``listed`` is empty: the listing was not asked.

    Raises:
        FetchError: it does not answer, or not with a report.
    """
    page = await read_page(document.url, gateway=gateway)
    entry = from_document(document)
    use_page = _is_better(page.document, entry, source=source) or _is_newer(page.document, document)
    named = keys(entry, source=source)
    draft = _Draft(entry, named, page, source, use_page=use_page, now=now)
    return await asyncio.to_thread(_item, draft)


def _next_visit(error: FetchError, *, now: datetime) -> datetime | None:
    if not error.passing:
        return None
    said = error.retry_at
    return said if said is not None and said > now else now + RETRY


def _is_better(page: Document, entry: Entry, *, source: Source) -> bool:
    """Tell whether a page's text is kept rather than the listing's."""
    return source.text is TextFrom.PAGE or len(words(page.text)) > len(words(entry.text))


def _is_newer(page: Document, before: Document) -> bool:
    teaser = Mark.PAYWALL in page.marks or is_blurb(page.text, fewest=FEWEST_OWN_WORDS)
    return not teaser and Mark.BLURB not in before.marks


@dataclass(frozen=True, slots=True)
class _Draft:
    """All that an item is made of."""

    entry: Entry
    #: All by which the entry is known again.
    named: tuple[str, ...]
    #: The report's page; None when it was not read.
    page: WebPage | None
    source: Source
    #: Whether the text is the page's.
    use_page: bool
    #: When our copy is made.
    now: datetime


def _item(draft: _Draft) -> Item:
    """Make the document of an item, and all by which it is known again."""
    entry, source = draft.entry, draft.source
    page = draft.page.document if draft.page else Document(id="", title="", text="")
    text = page.text if draft.use_page else entry.text
    title = entry.title or page.title
    url = page.url or entry.url
    published, timed = _published(entry, page)
    document = Document(
        # Without words the address tells two reports of one title apart.
        id=make_id(title=title, text=text or url),
        title=title,
        text=text,
        published=published,
        timed=timed,
        publisher=source.name or entry.publisher or page.publisher or host_name(url),
        url=url,
        language=_language(draft, page, text),
        owner=owner_of(source, url=url),
        author=entry.author or page.author,
        collected=draft.now,
        marks=_marks(draft, page, text),
    )
    from_page = draft.use_page or source.kind == "page"
    return Item(document, _all_keys(draft, document), from_page=from_page)


def _published(entry: Entry, page: Document) -> tuple[datetime | None, bool]:
    """Return the entry's time, else the page's; a day without a time only when neither has one."""
    told = [(one.published, one.timed) for one in (entry, page) if one.published]
    timed = [one for one in told if one[1]]
    return next(iter(timed or told), (None, True))


def _language(draft: _Draft, page: Document, text: str) -> str:
    claims = (page.language, draft.entry.language)
    claims = claims if draft.use_page else claims[::-1]
    return draft.source.language or claims[0] or claims[1] or languages.tell(text)


def _marks(draft: _Draft, page: Document, text: str) -> tuple[Mark, ...]:
    """Return what entry and page say; BLURB only of the text that is kept."""
    own = page.marks if draft.use_page else draft.entry.marks
    whole = draft.use_page or draft.source.kind in _WHOLE
    fewest = FEWEST_OWN_WORDS if whole else FEWEST_WORDS
    told = Mark.BLURB in own or is_blurb(text, fewest=fewest)
    return with_blurb((*draft.entry.marks, *page.marks), told=told)


def _all_keys(draft: _Draft, document: Document) -> tuple[str, ...]:
    """Return the keys of the entry, of its page's addresses, and of the text that is kept."""
    answered = draft.page.answered if draft.page else ""
    found = [*draft.named, *url_key(answered)]
    if document.url != draft.entry.url:
        found += url_key(document.url)
    if draft.use_page:
        found += text_key(from_document(document), draft.source)
    return tuple(dict.fromkeys(found))
