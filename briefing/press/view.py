"""An edition prepared for templates: numbered sources, source marks, its address with a QR code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Any

import segno

from briefing.core.frozen import frozen
from briefing.core.language import in_language
from briefing.core.model import (
    Brief,
    Correction,
    DeskNote,
    Document,
    Edition,
    Flow,
    Letterhead,
    Status,
    slot_title,
)
from briefing.core.page.selection import shortest
from briefing.core.ports import Draft
from briefing.core.record import digest_of
from briefing.core.text.speech import headline_of
from briefing.press.corrections import CorrectionBriefView, corrected
from briefing.press.ledger import ledger_text
from briefing.press.lines import (
    Numbering,
    PrintedLine,
    PublisherView,
    SourceView,
    Words,
    by_publisher,
    line_of,
    safe_url,
    source_view,
    tie,
)
from briefing.press.panel import (
    UNWATCHED,
    DayLine,
    EarlierView,
    PanelView,
    WatchedView,
    day_line,
    days_of,
    earlier_view,
    in_rows,
    panel_view,
    set_below,
    status_in,
    watched_view,
)
from briefing.press.wording import capitalized, dated, label_of, long_date, say, title_date

#: From this number of publishers of a story on, the count is printed.
_MANY_PUBLISHERS = 3

#: Longest count kept on one line, in characters: "also" and a section without a label.
_KEPT = 35


@frozen
class BriefView:
    """One brief; its headline is empty if it would repeat the one above."""

    story: str
    headline: Words | None
    title: str
    #: Empty in a first edition, which has no status marks.
    status: str
    lines: tuple[PrintedLine, ...]
    #: "7 publishers, also diplomacy", with no-break spaces within each part; often empty.
    counts: str
    #: Below the headline of a developing story.
    earlier: EarlierView | None = None
    #: The same, whatever the number of publishers: "2 publishers, also diplomacy".
    strength: str = ""
    watched: WatchedView = UNWATCHED

    @property
    def notes(self) -> str:
        """The counts and the watch-lists: "7 publishers, watched: Nambuda"."""
        return _joined((self.counts, _kept_whole(self.watched.words)))


@frozen
class Band:
    """One section with its briefs split into columns."""

    #: Its class, and its printed label if different.
    name: str
    #: A third column stands below the other two, across both.
    columns: tuple[tuple[BriefView, ...], ...]
    flow: Flow = Flow.COLUMNS
    label: str = ""

    @property
    def briefs(self) -> Iterator[BriefView]:
        """All briefs in reading order."""
        for column in self.columns:
            yield from column


@frozen
class PageView:
    """Everything that a template needs."""

    id: str
    name: str
    date: str
    dateline: str
    #: "7"; for an own page "7, 2 sections, 1 watch-list".
    number: str
    language: str
    top: BriefView | None
    bands: tuple[Band, ...]
    panel: PanelView | None
    sources: tuple[SourceView, ...]
    #: The same sources by publisher.
    publishers: tuple[PublisherView, ...]
    #: Owners of several publishers, which count once: "Morning Post, Evening Post: Quill Group".
    owners: tuple[str, ...]
    ledger: str
    #: Sources that have changed: each has "entry", whose number is 0 since the list of sources need
    #: not contain it, and "what", without a full stop. They are shown on the screen, and counted in
    #: the ledger line.
    corrections: tuple[Mapping[str, Any], ...]
    #: First twelve digits of the record's digest, in groups of four.
    proof: str
    #: Where every sentence is shown in its source; None without a public address.
    check: AddressView | None
    #: Printed corrections, and the text about those still due; empty if there are none.
    corrected: tuple[CorrectionBriefView, ...]
    waiting: str
    #: What the organization adds: marking, name line, accent color, logo.
    letterhead: Letterhead
    #: Right part of the folio line.
    day_line: DayLine
    #: Whether the panel stands below two columns of news, which then have the full width.
    below: bool = False
    #: The desk's own words; None if there are none.
    note: DeskNote | None = None
    #: Heading of the named stories.
    also: str = ""

    @property
    def briefs(self) -> Iterator[BriefView]:
        """All briefs, the top story first."""
        if self.top:
            yield self.top
        for band in self.bands:
            yield from band.briefs

    @property
    def rows(self) -> Sequence[Sequence[Sequence[Band]]]:
        """The sections in the rows of the printed page, each with one or two columns."""
        return in_rows(self.bands)


def grouped(digits: str) -> str:
    """Return the first twelve digits in groups of four."""
    return " ".join(digits[start : start + 4] for start in (0, 4, 8))


def _correction(correction: Correction) -> dict[str, Any]:
    source = Document(
        correction.document,
        correction.title,
        "",
        publisher=correction.publisher,
        url=correction.url,
    )
    words, noticed = say(), long_date(correction.noticed.date())
    lost = (words.counted(correction.lost, "lost"),) if correction.lost else ()
    since = words.changed_in if correction.what == "changed" else words.vanished_in
    what = words.seen.format(what=since.format(edition=correction.edition), day=noticed)
    return {"entry": source_view(0, source), "what": words.semicolon.join((what, *lost))}


def _earlier_day(report: Document, edition: Edition) -> date | None:
    day = report.published and report.published.date()
    return day if day and day < edition.day else None


def _brief(brief: Brief, numbering: Numbering, above: str, *, edition: Edition) -> BriefView:
    own = dict.fromkeys(sentence.document for sentence in brief.sentences)
    further = [document for document in brief.marked if document not in own]
    lines = tuple(
        line_of(
            sentence,
            map(numbering.mark, (sentence.document, *(() if place else further))),
            of=_earlier_day(edition.documents[sentence.document], edition),
        )
        for place, sentence in enumerate(brief.sentences)
    )
    title, watched = headline_of(brief, edition), watched_view(brief, edition.lists)
    headline = None if brief.headline in {"", above} else tie(title)
    return BriefView(
        brief.story,
        headline,
        title,
        status_in(edition, brief.status),
        lines,
        _counts(brief, edition),
        earlier_view(brief, today=edition.day),
        _joined((_counts(brief, edition, always=True), _kept_whole(watched.words))),
        watched,
    )


def _counts(brief: Brief, edition: Edition, *, always: bool = False) -> str:
    """Return how well a story is confirmed, if noteworthy, and its other sections.

    A single publisher is a warning, unless the whole edition has only one; two go without saying.
    With ``always``, the number of publishers is given in any case; never, though, in a brief that
    quotes more publishers than its story has.
    """
    alone, words = brief.publishers == 1, say()
    tells = edition.ledger.publishers > 1 if alone else brief.publishers >= _MANY_PUBLISHERS
    quoted = {edition.documents[sentence.document].family for sentence in brief.sentences}
    parts = [days_of(brief)] if brief.days and brief.earlier is None else []
    if (tells or always) and len(quoted) <= brief.publishers:
        parts.append(words.one_source if alone else words.counted(brief.publishers, "publisher"))
    if brief.foreign:
        names = ", ".join(words.languages.get(tag, tag) for tag, _ in brief.foreign)
        number = sum(len(ids) for _, ids in brief.foreign)
        parts.append(words.also_reported.format(languages=names, n=number))
    if brief.status is Status.UNDATED and not edition.since:
        # a first edition has no status marks
        parts.append(words.undated)
    labels = (label_of(edition.letterhead, name) or name for name in brief.touches)
    parts += (words.also_of.format(section=label) for label in labels)
    return _joined(map(_kept_whole, parts))


def _kept_whole(part: str) -> str:
    """Keep a part on one line if it is short."""
    return part.replace(" ", "\u00a0") if len(part) <= _KEPT else part


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(filter(None, parts))


def _bands(edition: Edition, numbering: Numbering) -> Iterator[Band]:
    splits, flows = iter(edition.setting.splits), iter(edition.setting.flows)
    above = edition.top.headline if edition.top else ""
    for section in edition.sections:
        briefs = []
        for brief in section.briefs:
            if not brief.top:
                briefs.append(_brief(brief, numbering, above, edition=edition))
                above = brief.headline
        if briefs:
            flow, split = next(flows, Flow.COLUMNS), next(splits, len(briefs))
            last = len(briefs) - flow.last_below
            columns = [briefs[:split], briefs[split:last]]
            columns += [briefs[last:]] if flow.last_below else []
            label = label_of(edition.letterhead, section.name)
            yield Band(section.name, tuple(map(tuple, columns)), flow, label)


#: Length of the folio line, as joined text in characters, beyond which its two sides may meet: they
#: do at 128 on A4 in Portuguese, at 120 in Russian.
_LONGEST_FOLIO = 115


def _page(
    edition: Edition, numbering: Numbering, *, top: BriefView | None, bands: tuple[Band, ...]
) -> PageView:
    corrections = tuple(corrected(edition, numbering))
    words = say()
    labeled = [name for name in edition.only_lists if edition.lists.get(name, name)]
    own = [
        words.counted(len(names), what)
        for names, what in ((edition.only, "section"), (labeled, "watch-list"))
        if names
    ]
    panel = panel_view(edition, numbering)
    briefs = (*((top,) if top else ()), *(brief for band in bands for brief in band.briefs))
    stories = [(brief.story, brief.status) for brief in briefs]
    named, number = len(panel.also) if panel else 0, ", ".join((f"{edition.number}", *own))
    date, line = title_date(edition), day_line(edition, stories, named=named)
    if len(f"{date}{edition.dateline}{words.edition}{number}{line.words}") > _LONGEST_FOLIO:
        if not edition.week:
            date = capitalized(f"{slot_title(edition.slot)}{dated(edition.day)}")
        line = day_line(edition, stories, named=named, short=True)
    return PageView(
        id=edition.id,
        name=edition.name,
        date=date,
        dateline=edition.dateline,
        number=number,
        language=edition.language,
        top=top,
        bands=bands,
        panel=panel,
        sources=numbering.sources(),
        publishers=by_publisher(numbering.sources()),
        owners=numbering.owners(),
        ledger=ledger_text(edition),
        corrections=tuple(map(_correction, edition.ledger.corrections)),
        proof=grouped(digest_of(edition)),
        check=printed_address(edition.address),
        corrected=corrections,
        waiting=words.counted(more, "of_week" if edition.week else "due")
        if (more := edition.ledger.corrections_waiting)
        else "",
        letterhead=edition.letterhead,
        day_line=line,
        note=edition.note,
        also=words.also_this_week if edition.week else words.also_today,
    )


@in_language(lambda edition: edition.language)
def view(edition: Edition) -> PageView:
    """Prepare an edition for templates, with sources numbered in order of first citation.

    The reading order is: top story, sections, corrections, panel.
    """
    numbering = Numbering(edition.documents)
    top = _brief(edition.top, numbering, "", edition=edition) if edition.top else None
    bands = tuple(_bands(edition, numbering))
    page = _page(edition, numbering, top=top, bands=bands)
    setting = edition.setting
    if page.panel is None or not edition.panel_below:
        return page
    splits, flows = setting.splits[len(bands) :], setting.flows[len(bands) :]
    return replace(page, below=True, panel=set_below(page.panel, iter(splits), iter(flows)))


@frozen
class DraftView:
    """A draft for templates: the page without news, and every candidate at every length."""

    page: PageView
    #: The top story with 1, 2, … sentences; empty if there are only corrections.
    top: tuple[BriefView, ...]
    #: Each brief of the draft with 1, 2, … sentences.
    briefs: tuple[tuple[BriefView, ...], ...]

    @property
    def heads(self) -> Iterator[BriefView]:
        """What stands above the text of each brief."""
        for lengths in self.briefs:
            yield replace(lengths[0], lines=(), counts="", watched=UNWATCHED)


@in_language(lambda draft: draft.edition.language)
def draft_view(draft: Draft) -> DraftView:
    """Prepare a draft for templates; its list of sources has all that any selection may cite."""
    numbering = Numbering(draft.edition.documents)
    views: list[tuple[BriefView, ...]] = []
    above, edition = "", draft.edition
    tops = (draft.top,) if draft.top.lengths else ()
    for candidate in (*tops, *draft.briefs):
        views.append(
            tuple(_brief(brief, numbering, above, edition=edition) for brief in candidate.lengths)
        )
        above = candidate.lengths[0].headline
    page = _page(_with_waiting(draft.edition), numbering, top=None, bands=())
    if page.panel:
        # Named stories are not printed, and come after those that are: their numbers are longer.
        later = panel_view(draft.edition, Numbering(draft.edition.documents, after=len(views)))
        page = replace(page, panel=replace(page.panel, also=later.also if later else ()))
    page = replace(page, below=draft.below, ledger=ledger_text(_with_waiting(shortest(draft))))
    return DraftView(page, views.pop(0) if tops else (), tuple(views))


def _with_waiting(edition: Edition) -> Edition:
    """Postpone all corrections but the first, so that the text about them can be measured."""
    more = max(0, len(edition.corrections) - 1)
    return replace(edition, ledger=replace(edition.ledger, corrections_waiting=more))


#: A longer address needs modules under 0.3 mm in a 15 mm code, too small for a phone.
_LONGEST = 150


@frozen
class AddressView:
    """The web address of an edition, for print."""

    url: str
    #: Without scheme, in two parts: "brief.example/" and "2026-03-12".
    host: str
    path: str
    qr: QrCode


def printed_address(address: str) -> AddressView | None:
    """Prepare an address for print; None unless it is http or https and at most 150 characters."""
    url = safe_url(address)
    if not url or len(url) > _LONGEST:
        return None
    host, _, path = url.partition("://")[2].rpartition("/")
    return AddressView(url, f"{host}/", path, draw_qr(url))


@frozen
class QrCode:
    """A QR code without its quiet zone; units are modules."""

    #: Modules per side.
    side: int
    #: SVG path of its dark modules, one unit per module.
    path: str


def draw_qr(text: str) -> QrCode:
    """Draw a text as a QR code that tolerates 15 % of damage (ISO/IEC 18004, level M).

    Raises:
        ValueError: the text is too long for a QR code.
    """
    rows, path = segno.make_qr(text, error="m", boost_error=False).matrix, ""
    for y, row in enumerate(rows):
        x = 0
        for dark, modules in groupby(row):
            wide = len(tuple(modules))
            path += f"M{x} {y}h{wide}v1h-{wide}z" if dark else ""
            x += wide
    return QrCode(len(rows), path)
