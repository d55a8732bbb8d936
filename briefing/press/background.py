"""PURE: the background of a brief: its reports, unprinted sentences, printed ones in context."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from briefing.core.model import Document, Edition, Evidence, Sentence
from briefing.core.text.speech import printed_title
from briefing.press.chart import Axis, Bar
from briefing.press.lines import SourceView, source_view
from briefing.press.wording import say, short_date, short_moment
from briefing.press.wording import translate as _

#: Most sentences that were not printed; as many as a brief has at most on a normal day.
MOST_FURTHER = 3
#: Most bars; with fewer hours, each bar is one hour.
_BARS = 24
#: Pixels: distance of bars, width of one, the highest, the least.
_STEP, _WIDE, _HIGH, _THIN = 8.0, 6.0, 24.0, 1.0
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report of a story."""

    #: Its number is 0 if the page does not cite it.
    entry: SourceView
    #: "Wed 11 March, 19:20"; empty if its source does not say.
    when: str
    #: ISO 639-1 code; may be empty.
    language: str


@dataclass(frozen=True, slots=True)
class FurtherSentence:
    """A sentence that was not printed: an exact slice of a stored text."""

    text: str
    #: Where it stands in the text, in characters.
    start: int
    end: int
    report: ReportView


@dataclass(frozen=True, slots=True)
class TimelineView:
    """Reports by time of publication."""

    #: "Published Wed 11 March, 06:00 to Thu 12 March, 05:10; a bar is an hour."
    title: str
    bars: tuple[Bar, ...]
    #: In pixels.
    wide: float
    high: float


@dataclass(frozen=True, slots=True)
class EarlierPage:
    """The headline of the story in an earlier edition."""

    #: As in the address of that edition.
    day: date
    when: str
    title: str


@dataclass(frozen=True, slots=True)
class Background:
    """What is shown behind a brief."""

    #: By publication, first to last; those without a date last.
    reports: tuple[ReportView, ...]
    #: Reports that are no longer stored.
    lost: int
    #: Best first.
    further: tuple[FurtherSentence, ...]
    earlier: EarlierPage | None
    #: None if all that say at what time they were published have one bar.
    timeline: TimelineView | None
    #: How many of the reports are in other languages.
    foreign: int = 0

    @property
    def summary(self) -> str:
        """What there is, in words: "3 reports, 2 further sentences"."""
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
    """Return the background of each story of an edition, by id; only of those with evidence.

    ``sources`` are the stored texts by id, ``numbers`` the numbers of the cited ones.
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
            document.id: _report(document, numbers.get(document.id, 0), zone, edition.day)
            for document in stored_in_time
        }
        times = [each.published for each in stored_in_time if each.published and each.timed]
        behind[brief.story] = Background(
            tuple(views.values()),
            len(ids) - len(stored),
            tuple(_further(evidence, edition, stored, views)),
            EarlierPage(earlier.day, short_date(earlier.day), printed_title(earlier.title.text))
            if earlier
            else None,
            _timeline(times, zone, edition),
            sum(name in sources for name, _ in evidence.foreign),
        )
    return behind


def _report(document: Document, number: int, zone: tzinfo, day: date) -> ReportView:
    local = document.published.astimezone(zone) if document.published else None
    when = short_moment(local, day=day, timed=document.timed) if local else ""
    return ReportView(source_view(number, document), when, document.language)


def _further(
    evidence: Evidence,
    edition: Edition,
    stored: Sequence[Document],
    views: Mapping[str, ReportView],
) -> Iterator[FurtherSentence]:
    """Yield the best candidates that the page does not print and a stored text still has."""
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
    """Draw how many reports were published in each part of the time from the first to the last."""
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
        axis.bars([*counts, None]),  # the last one would be drawn as today
        _STEP * (len(counts) - 1) + _WIDE,
        _HIGH,
    )


#: Most characters of context on one side; longer context is left out rather than cut.
LONGEST_NEIGHBOR = 1_500

#: Start and end in a text, in characters.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a text within one paragraph, either all printed or not printed."""

    text: str
    #: Number of its printed part, from 1; 0 if not printed.
    part: int = 0
    #: Whether its part begins and ends with it; a part across paragraphs has several pieces.
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
    """Return the union of spans, in order; overlapping ones are joined."""
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
    """Split a text into paragraphs, and each into printed and other pieces.

    Every character of the text is in exactly one piece.
    """
    return tuple(tuple(_pieces(text, block, parts=parts)) for block in _blocks(text, sentences))


def _fitting(choices: Iterable[str]) -> str:
    return next((choice for choice in choices if len(choice) <= LONGEST_NEIGHBOR), "")


def _blocks(text: str, sentences: Sequence[Sentence]) -> Iterator[Span]:
    """Yield the paragraphs; text between two belongs to the second."""
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
