"""Dates in reports: announced events that are due, and the publication day that a text states."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from briefing.core.language import Language, in_language, spoken
from briefing.core.model import DateAhead, Document, Edition, Sentence, Story
from briefing.core.text.finders.ahead import LONGEST_CLAUSE, SHORTEST_CLAUSE, announced, day_of
from briefing.core.text.finders.clauses import meet, stands_alone
from briefing.core.text.segment import segment
from briefing.core.text.words import content_stems

#: Share of the stems of an announcement from which a text reports the event: places and persons
#: recur, the verb and the day seldom do.
TOLD = 0.6
#: The same for the mean share of the announcement and of its headline.
_TOLD_IN_ALL = 0.5
#: Characters of a report that are read: news puts what matters first.
_READ = 2_000


def announce(
    edition: Edition, stories: Iterable[Story], sentences: Mapping[str, Sequence[Sentence]]
) -> Edition:
    """Add to an edition what its cited reports announce, except what its panel prints."""
    of = {story.id: story for story in stories}
    panel = {(ahead.clause.document, ahead.day) for ahead in edition.panel.ahead}
    further = [
        date_ahead
        for story in map(of.__getitem__, dict.fromkeys(brief.story for brief in edition.briefs()))
        for date_ahead in announced(
            (
                sentence
                for report in story.documents
                if report.id in edition.documents
                for sentence in sentences[report.id]
                if not sentence.speaker
            ),
            published=story.published,
            today=edition.day,
            language=Language.of_text(edition.language),
        )
        if (date_ahead.clause.document, date_ahead.day) not in panel
    ]
    return replace(edition, announced=tuple(further))


@in_language(lambda _, document: document.language or "en")
def stands(ahead: DateAhead, document: Document) -> bool:
    """Tell whether an announcement can be printed without the headline of its story."""
    clause = ahead.clause.text
    short = SHORTEST_CLAUSE <= len(clause) <= LONGEST_CLAUSE
    return short and stands_alone(clause, cast=meet(segment(document), language=spoken()))


def still_due(
    due: Sequence[tuple[DateAhead, Document]], stories: Iterable[Story]
) -> tuple[tuple[DateAhead, Document], ...]:
    """Leave out announcements that a story of today reports, or that a report of today makes."""
    today = [*stories]
    texts = []
    for story in today:
        titles = " ".join(document.title for document in story.documents)
        texts.append(frozenset(content_stems(f"{titles} {story.documents[0].text[:_READ]}")))
    reports = {document.id for story in today for document in story.documents}
    return tuple(
        (ahead, document)
        for ahead, document in due
        if document.id not in reports
        and not any(tells(text, ahead.clause.text, title=document.title) for text in texts)
    )


def tells(text: Iterable[str], announcement: str, *, title: str) -> bool:
    """Tell whether a text, given as its stems, reports what was announced.

    It must have 60 % of the stems of the announcement, or on average half of those of the
    announcement and of its headline (``title``).
    """
    stems = set(text)
    words, headline = _share(stems, announcement), _share(stems, title)
    return words >= TOLD or (words + headline) / 2 >= _TOLD_IN_ALL


def _share(stems: Set[str], words: str) -> float:
    own = set(content_stems(words))
    return len(own & stems) / len(own) if own else 0.0


#: Years searched for a day; a date falls on the same weekday every 5, 6 or 11 years.
_YEARS = 11
#: Longest span of the dates with weekdays in one report: it covers weeks, not months.
_AGREE = timedelta(days=45)
#: A date that may lie this near in the future is not taken for one of an earlier year.
_AHEAD = timedelta(days=200)
#: Characters that are read: a report names its day early, and the bound keeps time linear.
_READ_PUBLISHED_IN = 4_000
#: Lines at the head of a text that may be nothing but its date.
_HEAD_LINES = 6

_ANY_YEAR = re.compile(r"(?<![\d.,$€£-])20\d\d(?![\d,.]\d|\w|-\d)")


def published_in(text: str, *, by: date) -> date | None:
    """Return the publication day that a text states, none later than ``by``; None if uncertain.

    A line at its head that is nothing but a date with a year decides. Otherwise dates with weekdays
    do, such as "Sunday (Jan. 4)": the latest years in which each falls on its weekday and all lie
    within some weeks. The result is the last of these days, unless the text names a later year up
    to that of ``by``.
    """
    head = text[:_READ_PUBLISHED_IN]
    stated = _stated(head, by=by)
    if stated is not None:
        return stated
    agreed = _agreed(list(spoken().dates.beside.finditer(head)), by=by)
    years = (int(match.group()) for match in _ANY_YEAR.finditer(head))
    # A later year contradicts the day, unless it is still to come.
    return agreed if agreed and not any(agreed.year < year <= by.year for year in years) else None


def dated(documents: Sequence[Document], *, by: date) -> tuple[Document, ...]:
    """Return documents; those without a date get the day that their text states, if any."""
    days = (
        None if document.published else published_in(document.text, by=by) for document in documents
    )
    return tuple(
        replace(document, published=datetime.combine(day, time(), UTC), timed=False)
        if day
        else document
        for document, day in zip(documents, days, strict=True)
    )


def _stated(text: str, *, by: date) -> date | None:
    """Return the date of the first line at the head that is nothing but a date with a year."""
    lines = (line.strip() for line in text.splitlines())
    for line in islice(filter(None, lines), _HEAD_LINES):
        match = spoken().dates.line.fullmatch(line)
        if match and match["year"]:
            days = [day for day in _fitting(match, by=by) if day <= by]
            return days[0] if days else None
    return None


def _fitting(match: re.Match[str], *, by: date) -> tuple[date, ...]:
    """Return the days, up to the year after ``by``, on which a mention falls on its weekday."""
    month = spoken().calendar.month(match["month"] or match["month2"])
    number = int(match["day"] or match["day2"])
    years = [int(match["year"])] if match["year"] else range(by.year - _YEARS, by.year + 2)
    weekday = match["weekday"]
    days = (day_of(year, month, number) for year in years)
    return tuple(
        day
        for day in days
        if day and (not weekday or day.weekday() == spoken().calendar.weekday(weekday))
    )


def _agreed(mentions: Sequence[re.Match[str]], *, by: date) -> date | None:
    """Return the last day, not after ``by``, of the latest weeks that fit all mentions."""
    fitting = [_fitting(match, by=by) for match in mentions if not match["year"]]
    open_years = [days for days in fitting if not any(by < day <= by + _AHEAD for day in days)]
    given = [day for match in mentions if match["year"] for day in _fitting(match, by=by)]
    recent = [day for day in given if by - day <= _AGREE]
    anchors = {day for days in open_years for day in days} or set(recent)
    for anchor in sorted((day for day in anchors if day <= by), reverse=True):
        near = [[day for day in days if abs(day - anchor) <= _AGREE] for days in open_years]
        if all(near):
            fitting_days = (day for days in [*near, given] for day in days if anchor <= day <= by)
            return max(day for day in fitting_days if day - anchor <= _AGREE)
    return None
