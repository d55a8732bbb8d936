"""Finds events on future days, each with the clause that reports it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

from briefing.core.frozen import frozen
from briefing.core.language import Ahead, Language
from briefing.core.model import DateAhead, Sentence
from briefing.core.text.finders.clauses import (
    LONGEST,
    MARKS,
    Cast,
    Scored,
    best_of,
    cut,
    keeps_meaning,
    prominence,
    quoted,
    spans,
    stands_alone,
)

#: Characters of the clause: two to four lines of 39 mm in 8.5 pt.
SHORTEST_CLAUSE, LONGEST_CLAUSE = 25, 110

#: Days ahead up to which an event is relevant.
HORIZON = 120
#: Most days between the first and the last day of a list or range.
_LONGEST_RANGE = 62

_ANY_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
#: A verb nearer than this to the day before it directly follows: "the king on Monday will speak".
_ADJACENT = 3


class _Mention(NamedTuple):
    """A day that a text mentions."""

    day: date
    #: Span of the words.
    start: int
    end: int
    #: Whether the words alone put it in the future ("a week from Tuesday"), after no past verb.
    is_certain: bool


def find(  # noqa: PLR0913  what a date depends on
    sentences: Sequence[Sentence],
    *,
    cast: Cast,
    published: Mapping[str, date],
    today: date,
    horizon_days: int = HORIZON,
    limit: int = 3,
) -> tuple[Scored[DateAhead], ...]:
    """Find the events of one story on ``today`` and later, the best first, one per day.

    Only days after publication count, so an event of today must have been announced before. Dates
    and weekdays are relative to the publication of the document: a date without a year is the next
    such day, a weekday the next after publication. Only a clause about the future counts ("will",
    "is due", "takes effect"). The clause may omit the day, which the page prints as its heading.
    Equal quality: the earlier sentence. Documents missing from ``published`` are skipped.
    """
    candidates = []
    for sentence in sentences:
        reader = _Reader(sentence, cast.language)
        for mention in reader.mentions(published):
            event = reader.event_of(mention, cast)
            if event and 0 <= (event.day - today).days <= horizon_days:
                # Rate an event by its importance, certainty, distance and position in the report
                clause, words = event.clause.text, cast.language.ahead
                grade = 0.5 + 0.5 * prominence(clause, cast=cast)
                grade *= 0.5 if words.uncertain.search(clause) else 1.0
                grade *= 0.8 if words.likely.search(clause) else 1.0
                grade *= 1.0 if len(event.mention.text.split()) > 1 else 0.9
                grade *= 1 / (1 + (event.day - today).days / HORIZON / 4)
                quality = round(grade / (1 + 0.004 * sentence.index), 4)
                candidates.append(Scored(quality, event))
    return best_of(candidates, by=lambda event: event.day, limit=limit)


def announced(
    sentences: Iterable[Sentence], *, published: Mapping[str, date], today: date, language: Language
) -> tuple[DateAhead, ...]:
    """Return the sentences that announce an event on a day after ``today``, by day, one per day.

    Unlike those of :func:`find`, they need not stand alone: they are read below the headline of
    their story. Conditional and uncertain sentences do not count. The first sentence on a day is
    taken, so those of the most central report should come first.
    """
    first: dict[date, DateAhead] = {}
    for sentence in sentences:
        reader = _Reader(sentence, language)
        for mention in reader.mentions(published):
            day = mention.day
            in_time = 0 < (day - today).days <= HORIZON and day not in first
            if in_time and (mention.is_certain or reader.governing(mention)):
                named = cut(sentence, mention.start, mention.end)
                first[day] = DateAhead(day=day, clause=sentence, mention=named)
    return tuple(first[day] for day in sorted(first))


def is_overtaken(
    sentence: Sentence, *, published: Mapping[str, date], today: date, language: Language
) -> bool:
    """Tell whether a sentence announces a day now past, or says "today" of an earlier day.

    Quotations and sentences with a speaker may say so: they are read as of their own day.
    """
    if published.get(sentence.document, today) >= today:
        return False
    reader = _Reader(sentence, language)
    return (not sentence.speaker and reader.says_that_day()) or any(
        mention.day < today and reader.governing(mention)
        for mention in reader.mentions(published, least=0)
    )


@frozen
class _Reader:
    """Finds the days that a sentence mentions, and the events on them."""

    sentence: Sentence
    language: Language

    @property
    def words(self) -> Ahead:
        """Patterns of days and of the future."""
        return self.language.ahead

    def says_that_day(self) -> bool:
        """Tell whether words such as "today" or "this morning" stand outside quotations."""
        text = self.sentence.text
        return any(
            not any(first <= match.start() < last for first, last in quoted(text))
            for match in self.language.week.that_day.finditer(text)
        )

    def mentions(self, published: Mapping[str, date], *, least: int = 1) -> Iterator[_Mention]:
        """Yield unambiguous days, ``least`` or more after publication; of a range, the first."""
        text, words = self.sentence.text, self.words
        by = published.get(self.sentence.document)
        if by is None or len(text) > LONGEST or not words.day_sign.search(text):
            return
        marks = quoted(text)
        runs: list[list[re.Match[str]]] = []
        for match in words.mention.finditer(text):
            if runs and words.join.fullmatch(text, runs[-1][-1].end(), match.start()):
                runs[-1].append(match)
            else:
                runs.append([match])
        for run in runs:
            start, end = run[0].start(), run[-1].end()
            relative = run[0]["weekday"] or run[0]["tomorrow"]
            if relative and any(first <= start < last for first, last in marks):
                continue  # the words may have been said on another day
            match_week = words.week.match(text, end)
            week = match_week["week"] if match_week else ""
            end = match_week.end() if match_week else end
            stop = words.clause_ends.search(text, end)
            unsure = (
                words.unsure.search(text, 0, stop.start() if stop else len(text))
                or words.doubt.search(text, 0, start)
                or words.before_day.search(text, 0, start)
                or words.after_day.match(text, end)
                or words.past.match(text, end + 1)  # "on Monday signed a pact"
                or (not relative and words.starting.search(text, 0, start))
            )
            of = week if match_week else (run[0]["which"] or run[0]["weeks"] or "").strip().lower()
            day = None if unsure else self._first(run, by, week)
            if day is not None and (day - by).days >= least:
                certain = of in words.names_a_week or self._is_this_year(run, day, by)
                certain = certain and not words.past.search(text, 0, start)
                yield _Mention(day, start, end, certain)

    def _is_this_year(self, run: Sequence[re.Match[str]], day: date, by: date) -> bool:
        """Tell whether a day after publication cannot be one of an earlier year."""
        text, first = self.sentence.text, run[0]
        if first["tomorrow"]:
            return not self.words.today.search(text)
        others = {int(year) for year in _ANY_YEAR.findall(text)} - {by.year}
        bare = not (first["weekday"] or first["named"] or first["year1"] or first["year2"])
        noun = self.words.noun.match(text, run[-1].end())
        return bare and day.year == by.year and not others and not noun

    def _first(self, run: Sequence[re.Match[str]], by: date, week: str) -> date | None:
        """Return the first day of a list or range; None if the days are ambiguous."""
        days = [self._resolve(match, by, week) for match in run]
        text, words = self.sentence.text, self.words
        first, last = days[0], days[-1]
        if first is None or last is None or not 0 <= (last - first).days <= _LONGEST_RANGE:
            return None
        before = text[: run[0].start()]
        if run[0]["weekday"]:
            this_week = first.isocalendar()[:2] == by.isocalendar()[:2]
            habit = first.weekday() == 0 and last.weekday() > 3
            night = words.from_part.search(before) and words.part_of_day.match(text, run[-1].end())
            next_week = this_week and words.next_week.search(text)
            if habit or night or next_week or words.vague.search(before):
                return None
        apart = not words.conjunction.search(text, run[0].start(), run[-1].end())
        return None if words.between.search(before) and apart else first

    def _resolve(self, match: re.Match[str], by: date, week: str) -> date | None:
        """Return the day of a mention; None if ambiguous, impossible, or on another weekday."""
        calendar = self.language.calendar
        if match["tomorrow"] or match["weekday"]:
            day: date | None = _after(by, 1)
            if match["weekday"]:
                day = _weekday(match, by, calendar.weekday(match["weekday"]), week=week)
            return day and _after(
                day, 7 * int(self.words.weeks.get((match["weeks"] or "").lower(), 0))
            )
        month = calendar.month(match["month"] or match["month2"])
        number, year = int(match["day"] or match["day2"]), match["year1"] or match["year2"]
        day = _next(by, month, number) if year is None else day_of(int(year), month, number)
        named = match["named"]
        return None if day and named and day.weekday() != calendar.weekday(named) else day

    def event_of(self, mention: _Mention, cast: Cast) -> DateAhead | None:
        """Return the event of a mention if a verb of the future governs it."""
        sentence, text, words = self.sentence, self.sentence.text, self.words
        if any(first <= mention.start < last for first, last in quoted(text)):
            return None
        verb, named = self.governing(mention), cut(sentence, mention.start, mention.end)
        after = words.followed.search(text, 0, mention.start) if verb is None else None
        if after and words.will.search(text, 0, after.start()):
            clause = cut(sentence, after.start("event"), after.end("event"))
            return DateAhead(day=mention.day, clause=clause, mention=named)
        if verb is None or words.relative.search(text, 0, verb.start()):
            return None
        for first, stop in self._bounds(mention, verb):
            clause = cut(sentence, first, stop)
            fits = SHORTEST_CLAUSE <= len(clause.text) <= LONGEST_CLAUSE
            begun = first >= verb.start() - 2 or stop <= verb.end()
            if not fits or clause.text[:1].islower() or begun:
                continue
            elsewhere = clause.text.replace(named.text, "", 1)
            if not words.mention.search(elsewhere) and stands_alone(clause.text, cast=cast):
                return DateAhead(day=mention.day, clause=clause, mention=named)
        return None

    def _bounds(self, mention: _Mention, verb: re.Match[str]) -> Iterator[tuple[int, int]]:
        """Yield spans of clauses: without the day, with it, then extended past it."""
        text, words = self.sentence.text, self.words
        within = partial(spans, words=self.language.clauses, sources=words.sources)
        # Without the day, if that opens or closes the sentence.
        if mention.start > verb.start():
            close = words.trailing.search(text, 0, mention.start)
            bare = text[verb.end() : close.start()].strip() if close else ""
            # "l’accordo" is two words, "Smith’s" is one
            of_words = re.search(r" |[’'](?=\w\w)", bare)
            if close and text[mention.end :].strip() in ("", ".") and of_words:
                yield from within(text[: close.start()], start=verb.start(), end=close.start())
        elif words.opening.match(text[: mention.start]):
            comma = re.match(r",? ", text[mention.end :])
            if comma:
                start = mention.end + comma.end()
                yield from ((start, stop) for _, stop in within(text, start=start, end=verb.end()))
        start, end = min(verb.start(), mention.start), max(verb.end(), mention.end)
        yield from within(text, start=start, end=end)
        between = text[verb.end() : mention.start].split()
        if len(between) < 3 and words.transitive.fullmatch(verb.group()):
            return  # "will redeem on 1 May, all of its shares": the object is still to come
        rest = words.rest.match(text, end)
        if rest and not words.asks.search(text, verb.end(), mention.start):
            left_out = text[rest.end() :]
            if keeps_meaning(left_out, words=self.language.clauses, sources=words.sources):
                yield from within(text[: rest.end()], start=start, end=end)

    def governing(self, mention: _Mention) -> re.Match[str] | None:
        """Return the verb of the future that governs the day; None without one."""
        text, words = self.sentence.text, self.words
        before = list(words.will.finditer(text, 0, mention.start))
        if before and self._is_joined(before[-1].end(), mention.start):
            return before[-1] if self._takes(before[-1], mention) else None
        if copula := words.copula.search(text, 0, mention.start):
            return copula
        after = words.will.search(text, mention.end)
        if after is None or not self._is_joined(mention.end, after.start()):
            return None
        lead = text[: mention.start]
        past = words.past.search(words.boundary.split(lead)[-1])
        adjoins = after.start() - mention.end < _ADJACENT
        return after if not past and (adjoins or words.lead.match(lead)) else None

    def _is_joined(self, start: int, end: int) -> bool:
        """Tell whether the text between a verb and a day does not separate them."""
        quotes = sum(self.sentence.text.count(mark, start, end) for mark in MARKS)
        return quotes % 2 == 0 and not self.words.apart.search(self.sentence.text, start, end)

    def _takes(self, verb: re.Match[str], mention: _Mention) -> bool:
        """Tell whether a verb before a day governs no other day, or both in one list."""
        text, words = self.sentence.text, self.words
        others = [*words.mention.finditer(text, verb.end(), mention.start)]
        if others:
            return bool(words.conjunction.search(text, others[-1].end(), mention.start))
        dated = any(map(str.isdigit, text[mention.start : mention.end]))
        return dated or not words.next_part.search(text, verb.end(), mention.start)


def _weekday(match: re.Match[str], published: date, wanted: int, *, week: str) -> date | None:
    """Return the next such weekday, publication day included; None: it is ambiguous."""
    today = published.weekday()
    which, gap = (match["which"] or week).strip().lower(), (wanted - today) % 7
    if match["weeks"]:
        return _after(published, gap)
    if week == "next":
        return _after(published, 7 - today + wanted) if today < 6 else None
    if which == "next":
        # On a Monday, "next Friday" may mean that of this week or of the next.
        return _after(published, gap or 7) if wanted <= today else None
    if (which and gap == 0) or (week == "this" and wanted < today):
        return None
    return _after(published, gap)


def _after(published: date, days: int) -> date:
    return date.fromordinal(min(published.toordinal() + days, date.max.toordinal()))


def day_of(year: int, month: int, number: int) -> date | None:
    """Return a date; None if it does not exist."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _next(published: date, month: int, number: int) -> date | None:
    """Return the first such day on or after publication; 29 February within eight years."""
    years = range(published.year, min(published.year + 9, date.max.year + 1))
    days = (day_of(year, month, number) for year in years)
    return next((day for day in days if day is not None and day >= published), None)
