"""An edition for the web: its passages compared with the stored text, and backgrounds."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from briefing.core.frozen import frozen
from briefing.core.model import Document, Edition, Evidence, Sentence
from briefing.core.record import Record
from briefing.core.text.speech import printed_title
from briefing.core.text.summarize import near
from briefing.press.chart import HIGH, LEFT, STEP, WIDE, Axis, Bar, Chart
from briefing.press.html import Check, Checks
from briefing.press.lines import PrintedLine, SourceView, source_view
from briefing.press.view import PageView, grouped, view
from briefing.press.wording import _, dates, say, short_date, short_moment

#: Most unprinted sentences; as many as a brief has at most on a normal day.
MOST_FURTHER = 3
#: Most bars; if the reports span fewer hours, each bar is one hour.
_BARS = 24
#: In pixels: distance between bars, their width, the highest bar, and the lowest, a line for zero.
_STEP, _WIDE, _HIGH, _THIN = 8.0, 6.0, 24.0, 1.0
_HOUR = timedelta(hours=1)


@frozen
class ReportView:
    """One report of a story."""

    #: Its number is 0 if the page does not cite it.
    entry: SourceView
    #: "Wed 11 March, 19:20"; empty if its source gives no time.
    when: str
    #: ISO 639-1 code; may be empty.
    language: str


@frozen
class FurtherSentence:
    """A sentence that was not printed: an exact slice of a stored text."""

    text: str
    #: Position in the text, in characters.
    start: int
    end: int
    report: ReportView


@frozen
class TimelineView:
    """Reports by time of publication."""

    #: "Published Wed 11 March, 06:00 to Thu 12 March, 05:10; a bar is an hour."
    title: str
    bars: tuple[Bar, ...]
    #: In pixels.
    wide: float
    high: float


@frozen
class EarlierPage:
    """The headline of the story in an earlier edition."""

    #: Id of that edition.
    edition: str
    when: str
    title: str


@frozen
class Background:
    """The background of a brief."""

    #: In order of publication; reports without a date last.
    reports: tuple[ReportView, ...]
    #: Number of reports that are no longer stored.
    lost: int
    #: Best first.
    further: tuple[FurtherSentence, ...]
    earlier: EarlierPage | None
    #: None if all reports with a time fall into one bar.
    timeline: TimelineView | None
    #: Number of reports in other languages.
    foreign: int = 0

    @property
    def summary(self) -> str:
        """The contents in words: "3 reports, 2 further sentences"."""
        parts = [say().counted(len(self.reports) - self.foreign, "report")]
        parts += [say().counted(self.foreign, "foreign")] if self.foreign else []
        if self.further:
            parts.append(say().counted(len(self.further), "further"))
        return ", ".join(parts)


def backgrounds(
    edition: Edition,
    *,
    sources: Mapping[str, Document],
    numbers: Mapping[str, int],
    zone: tzinfo = UTC,
) -> dict[str, Background]:
    """Return the background of each story of an edition that has evidence, by story id.

    ``sources`` are the stored texts by id, ``numbers`` the numbers of the cited sources.
    """
    behind: dict[str, Background] = {}
    for brief in edition.briefs():
        if brief.story in behind or brief.story not in edition.evidence:
            continue
        evidence, earlier = edition.evidence[brief.story], brief.earlier
        ids = [document for document, _ in evidence.every_link]
        stored = [sources[name] for name in ids if name in sources]
        last = datetime.max.replace(tzinfo=UTC)
        stored_in_time = sorted(stored, key=lambda document: document.published or last)
        views = {
            document.id: ReportView(
                source_view(numbers.get(document.id, 0), document),
                short_moment(at.astimezone(zone), day=edition.day, timed=document.timed)
                if (at := document.published)
                else "",
                document.language,
            )
            for document in stored_in_time
        }
        times = [each.published for each in stored_in_time if each.published and each.timed]
        behind[brief.story] = Background(
            tuple(views.values()),
            len(ids) - len(stored),
            tuple(_further(evidence, edition, stored, views)),
            EarlierPage(earlier.edition, short_date(earlier.day), printed_title(earlier.title.text))
            if earlier
            else None,
            _timeline(times, zone, edition),
            sum(name in sources for name, _ in evidence.foreign),
        )
    return behind


def _further(
    evidence: Evidence,
    edition: Edition,
    stored: Sequence[Document],
    views: Mapping[str, ReportView],
) -> Iterator[FurtherSentence]:
    """Yield the best candidates that are not on the page but still in a stored text."""
    shown, panel = {passage.text for passage in edition.sentences()}, edition.panel
    clauses = [
        *(figure.clause.text for figure in panel.figures),
        *(quote.words.text for quote in panel.quotes),
        *(ahead.clause.text for ahead in panel.ahead),
    ]
    left = MOST_FURTHER
    for text, *_rest, printed in sorted(evidence.sentences, key=lambda row: -row[2].value):
        if not left:
            return
        holder = next((document for document in stored if text and text in document.text), None)
        in_panel = any(clause in text for clause in clauses)
        if printed or text in shown or in_panel or holder is None:
            continue
        shown.add(text)
        left -= 1
        start = holder.text.index(text)
        yield FurtherSentence(text, start, start + len(text), views[holder.id])


def _timeline(times: Sequence[datetime], zone: tzinfo, edition: Edition) -> TimelineView | None:
    """Draw how many reports were published in each interval between the first and the last."""
    if not times:
        return None
    first = times[0].replace(minute=0, second=0, microsecond=0)
    hours = math.ceil(((times[-1] - first) // _HOUR + 1) / _BARS)
    places = [(time - first) // (hours * _HOUR) for time in times]
    if not places[-1]:
        return None
    counts: list[int | None] = [places.count(place) for place in range(places[-1] + 1)]
    axis = Axis(0, _STEP, _WIDE, _HIGH, _HIGH, max(map(places.count, places)), _THIN)
    begins, ends = (
        short_moment(time.astimezone(zone), day=edition.day) for time in (times[0], times[-1])
    )
    each = _("an hour") if hours == 1 else say().counted(hours, "hour")
    return TimelineView(
        _("Published {first} to {last}; a bar is {span}.", first=begins, last=ends, span=each),
        axis.bars([*counts, None]),  # the last bar would be drawn as today
        _STEP * (len(counts) - 1) + _WIDE,
        _HIGH,
    )


#: Most characters of context on each side; longer context is left out rather than cut.
LONGEST_NEIGHBOR = 1_500

#: Start and end in a text, in characters.
Span = tuple[int, int]


@frozen
class Piece:
    """A slice of one paragraph that is either printed or not printed as a whole."""

    text: str
    #: Number of its printed part, from 1; 0 if not printed.
    part: int = 0
    #: Whether its part begins here, and ends here; a part across paragraphs has several pieces.
    opens: bool = False
    closes: bool = False


def neighbors(text: str, span: Span, *, sentences: Sequence[Sentence]) -> tuple[str, str]:
    """Return the text around a slice: the rest of its own sentence and one more on each side.

    A neighbor that is too long is left out; so is the rest of the slice's own sentence.
    """
    start, end = span
    around = [
        n for n, sentence in enumerate(sentences) if sentence.start < end and sentence.end > start
    ]
    if not around:
        return "", ""
    first, last = around[0], around[-1]
    befores = (sentences[max(first - 1, 0)].start, sentences[first].start)
    afters = (sentences[min(last + 1, len(sentences) - 1)].end, sentences[last].end)
    return _fitting(text[min(at, start) : start] for at in befores), _fitting(
        text[end : max(at, end)] for at in afters
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the union of spans in order; overlapping spans are joined."""
    result: list[Span] = []
    for start, end in sorted(spans):
        if result and start < result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return tuple(result)


def part_of(span: Span, parts: Sequence[Span]) -> int:
    """Return the number of the part that contains a span, from 1; 0 if none does."""
    numbered = enumerate(parts, start=1)
    return next((n for n, (start, end) in numbered if start <= span[0] and span[1] <= end), 0)


def paragraphs(
    text: str, *, sentences: Sequence[Sentence], parts: Sequence[Span]
) -> tuple[tuple[Piece, ...], ...]:
    """Split a text into paragraphs, and each paragraph into printed and other pieces.

    Every character of the text is in exactly one piece.
    """
    return tuple(tuple(_pieces(text, block, parts=parts)) for block in _blocks(text, sentences))


def _fitting(choices: Iterable[str]) -> str:
    return next((choice for choice in choices if len(choice) <= LONGEST_NEIGHBOR), "")


def _blocks(text: str, sentences: Sequence[Sentence]) -> Iterator[Span]:
    """Yield the paragraphs; text between two of them belongs to the second."""
    pairs = pairwise(sentences)
    ends = [before.end for before, after in pairs if before.paragraph != after.paragraph]
    start = 0
    for end in (*ends, len(text)):
        yield (start, end)
        start = end


def _pieces(text: str, block: Span, *, parts: Sequence[Span]) -> Iterator[Piece]:
    place, stop = block
    for number, (start, end) in enumerate(parts, start=1):
        if end <= place or start >= stop:
            continue
        if start > place:
            yield Piece(text[place:start])
        first, last = max(start, place), min(end, stop)
        yield Piece(text[first:last], number, opens=first == start, closes=last == end)
        place = last
    if place < stop:
        yield Piece(text[place:stop])


#: Splits a document into sentences, in order.
Segment = Callable[[Document], Sequence[Sentence]]

#: Pixels per point of the chart: fourteen days fill half of the panel.
_PIXELS = 2


@frozen
class StoredView:
    """The full stored text of a source, with its printed passages."""

    entry: SourceView
    document: Document
    sentences: Sequence[Sentence]
    #: The printed passages that are still in the text.
    parts: tuple[Span, ...]
    #: What is wrong with the text as a whole; empty if it is unchanged since printing.
    fault: str
    #: Whether the text is stored.
    stored: bool
    dates: str
    #: The title as stored.
    title: str
    #: The passages printed from it, in printed order.
    checks: tuple[Check, ...] = ()

    @property
    def paragraphs(self) -> tuple[tuple[Piece, ...], ...]:
        """The text as collected, every character of it."""
        return paragraphs(self.document.text, sentences=self.sentences, parts=self.parts)

    @property
    def digest(self) -> str:
        """The first twelve digits of the text's SHA-256."""
        return grouped(self.document.sha256)


@frozen
class Online:
    """The content of an edition's web page; it changes only when a stored text does."""

    edition: Edition
    page: PageView
    #: In printed order.
    checks: tuple[Check, ...]
    #: Measured in pixels.
    chart: Chart | None
    #: The stored texts by source number.
    stored: Mapping[int, StoredView]
    #: By story id.
    backgrounds: Mapping[str, Background]
    #: Checks by line.
    by_line: Checks = field(repr=False)

    def of(self, line: PrintedLine) -> list[Check]:
        """Return the checks of a printed line."""
        return [self.checks[check.number - 1] for check in self.by_line.of(line)]

    @property
    def faults(self) -> tuple[Check, ...]:
        """The checks that failed to find the printed passage."""
        return tuple(check for check in self.checks if check.fault)


def online(
    record: Record, *, sources: Mapping[str, Document], segment: Segment, zone: tzinfo = UTC
) -> Online:
    """Prepare an edition for the web, and compare each printed passage with the stored text.

    ``sources`` are the stored texts by id, cited or not (:func:`reports_in`); the checks of a
    missing one fail.
    """
    page = replace(view(record.edition), proof=grouped(record.digest))
    by_line = Checks(page, record.edition)
    texts = {
        entry.document: _text(entry, record, sources.get(entry.document), segment, zone=zone)
        for entry in page.sources
    }
    checks = tuple(_check(check, texts[check.source.id]) for check in by_line)
    stored = {
        text.entry.number: replace(
            text, checks=tuple(check for check in checks if check.own and check.entry is text.entry)
        )
        for text in texts.values()
        if text.stored
    }
    chart = _chart(page.panel.chart) if page.panel and page.panel.chart else None
    numbers = {entry.document: entry.number for entry in page.sources}
    behind = backgrounds(record.edition, sources=sources, numbers=numbers, zone=zone)
    return Online(record.edition, page, checks, chart, stored, behind, by_line)


def reports_in(record: Record) -> frozenset[str]:
    """Return the ids of all documents that the web page of an edition shows."""
    evidence = record.edition.evidence.values()
    return frozenset(
        (*record.edition.documents, *(id for item in evidence for id, _ in item.every_link))
    )


def _text(
    entry: SourceView, record: Record, stored: Document | None, segment: Segment, *, zone: tzinfo
) -> StoredView:
    document = record.edition.documents[entry.document]
    fault = _("The text is no longer stored.")
    if stored is not None:
        same = stored.sha256 == document.sha256
        fault = "" if same else _("The stored text has changed since it was printed.")
        document = replace(
            document,
            text=stored.text,
            language=stored.language,
            timed=stored.timed,
            collected=document.collected or stored.collected,
        )
    printed = [
        (passage.start, passage.end)
        for passage in record.edition.passages()
        if passage.document == document.id and _matches(passage, document)
    ]
    return StoredView(
        entry,
        document,
        segment(document),
        merged(printed),
        fault,
        stored is not None,
        dates(document, zone=zone, day=record.edition.day),
        stored.title if stored is not None else "",
    )


def _matches(sentence: Sentence, document: Document) -> bool:
    return document.text[sentence.start : sentence.end] == sentence.text


def _check(check: Check, text: StoredView) -> Check:
    sentence = check.sentence
    span = (sentence.start, sentence.end)
    matches = check.own and _matches(sentence, text.document)
    if check.titled:
        matches = text.title == sentence.text
    # The sentence that shares the most words, the first on ties; none if none shares any.
    others = () if check.own else text.sentences
    nearest = max(others, key=lambda other: near(sentence.text, other.text), default=None)
    likeness = near(sentence.text, nearest.text) if nearest else 0.0
    nearest = nearest if likeness else None
    shown = span if matches and not check.titled else nearest and (nearest.start, nearest.end)
    before, after = "", ""
    if shown:
        before, after = neighbors(text.document.text, shown, sentences=text.sentences)
    fault = text.fault
    if text.stored and not matches:
        fault = _("The stored text differs from what was printed.")
    return replace(
        check,
        nearest=nearest.text if nearest else "",
        likeness=likeness,
        before=before,
        after=after,
        fault=fault if check.own else "",
        language=text.document.language,
        dates=text.dates,
        stored=text.stored,
        part=part_of(span, text.parts) if matches and not check.titled else 0,
    )


def _chart(chart: Chart) -> Chart:
    most = max((count for row in chart.rows for count in row.counts), default=0)
    high = HIGH * _PIXELS if most else _THIN
    axis = Axis(
        (chart.left - LEFT) * _PIXELS, STEP * _PIXELS, WIDE * _PIXELS, high, high, most, _THIN, 2
    )
    rows = tuple(replace(row, bars=axis.bars(row.counts)) for row in chart.rows)
    return replace(chart, rows=rows, wide=round(chart.wide * _PIXELS, 2), high=high)
