"""PURE: the background of a brief: its story's reports, and sentences that were not printed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from briefing.core.counting import counted
from briefing.core.model import Brief, Document, EarlierHeadline, Edition, Evidence, Panel
from briefing.press.bars import Axis, Bar
from briefing.press.dates import moment, short_date
from briefing.press.lines import SourceView, source_view
from briefing.press.tie import printed_title

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

    @property
    def summary(self) -> str:
        """What there is, in words: "3 reports, 2 further sentences"."""
        parts = [counted(len(self.reports), "report")]
        if self.further:
            parts.append(counted(len(self.further), "further sentence"))
        return ", ".join(parts)


def backgrounds(
    edition: Edition,
    *,
    sources: Mapping[str, Document],
    numbers: Mapping[str, int],
    zone: tzinfo = UTC,
) -> dict[str, Background]:
    """Return the background of each story of an edition, by id; only of those with evidence.

    Args:
        edition: as recorded; its documents need no texts.
        sources: the stored texts by id.
        numbers: the numbers of the cited sources by id.
        zone: time zone of the displayed times.
    """
    return {
        brief.story: _background(brief, edition, sources, numbers, zone)
        for brief in reversed(tuple(edition.briefs()))
        if brief.story in edition.evidence
    }


def _background(
    brief: Brief,
    edition: Edition,
    sources: Mapping[str, Document],
    numbers: Mapping[str, int],
    zone: tzinfo,
) -> Background:
    evidence = edition.evidence[brief.story]
    ids = [document for document, _ in evidence.links]
    stored = [sources[one] for one in ids if one in sources]
    views = {one.id: _report(one, numbers.get(one.id, 0), zone, edition.day) for one in stored}
    in_time = sorted(stored, key=lambda one: one.published or datetime.max.replace(tzinfo=UTC))
    return Background(
        tuple(views[one.id] for one in in_time),
        len(ids) - len(stored),
        tuple(_further(evidence, edition, stored, views)),
        _earlier(brief.earlier),
        _timeline([one.published for one in in_time if one.published and one.timed], zone, edition),
    )


def _report(document: Document, number: int, zone: tzinfo, day: date) -> ReportView:
    local = document.published.astimezone(zone) if document.published else None
    when = moment(local, day=day, timed=document.timed) if local else ""
    return ReportView(source_view(number, document), when, document.language)


def _further(
    evidence: Evidence,
    edition: Edition,
    stored: Sequence[Document],
    views: Mapping[str, ReportView],
) -> Iterator[FurtherSentence]:
    """Yield the best candidates that the page does not print and a stored text still has."""
    shown, clauses = {passage.text for passage in edition.sentences()}, _clauses(edition.panel)
    left = MOST_FURTHER
    for text, _, _, printed in sorted(evidence.sentences, key=lambda row: -row[2].value):
        if not left:
            return
        holder = next((one for one in stored if text and text in one.text), None)
        in_panel = any(clause in text for clause in clauses)
        if printed or text in shown or in_panel or holder is None:
            continue
        shown.add(text)
        left -= 1
        start = holder.text.index(text)
        yield FurtherSentence(text, start, start + len(text), views[holder.id])


def _clauses(panel: Panel) -> tuple[str, ...]:
    return (
        *(figure.clause.text for figure in panel.figures),
        *(quote.words.text for quote in panel.quotes),
        *(ahead.clause.text for ahead in panel.ahead),
    )


def _earlier(earlier: EarlierHeadline | None) -> EarlierPage | None:
    if earlier is None:
        return None
    return EarlierPage(earlier.day, short_date(earlier.day), printed_title(earlier.title.text))


def _timeline(times: Sequence[datetime], zone: tzinfo, edition: Edition) -> TimelineView | None:
    """Draw how many reports were published in each part of the time from the first to the last."""
    if not times:
        return None
    first = times[0].replace(minute=0, second=0, microsecond=0)
    hours = math.ceil(((times[-1] - first) // _HOUR + 1) / _BARS)
    places = [(one - first) // (hours * _HOUR) for one in times]
    if not places[-1]:
        return None
    counts: list[int | None] = [places.count(place) for place in range(places[-1] + 1)]
    axis = Axis(0, _STEP, _WIDE, _HIGH, _HIGH, max(map(places.count, places)), _THIN)
    begins, ends = (moment(one.astimezone(zone), day=edition.day) for one in (times[0], times[-1]))
    each = "an hour" if hours == 1 else counted(hours, "hour")
    return TimelineView(
        f"Published {begins} to {ends}; a bar is {each}.",
        axis.bars([*counts, None]),  # the last one would be drawn as today
        _STEP * (len(counts) - 1) + _WIDE,
        _HIGH,
    )
