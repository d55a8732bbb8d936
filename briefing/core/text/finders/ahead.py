"""Finds events on future days, each with the clause that reports it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

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

#: Days ahead that are still relevant.
HORIZON = 120
#: Days between the first and the last day of one list or range.
_LONGEST_RANGE = 62

_ANY_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
#: Characters between a day and the verb right after it, as in "the king on Monday will speak".
_ADJACENT = 3


class _Mention(NamedTuple):
    """A day after publication as a text names it."""

    day: date
    #: First character and one past the last of the words.
    start: int
    end: int
    #: Whether it is ahead by its words ("a week from Tuesday"), and no verb before it is past.
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
    """Find the events of one story on ``today`` and later, best first, one a day.

    Only days after publication count, so of those today what was announced before. Dates and
    weekdays are read as seen from the day the document was published: a date without a year is the
    next such day, a weekday the next one after publication. Only a clause about the future counts
    ("will", "is due", "takes effect"). The clause may leave out the day where it only repeats the
    heading. Equal quality: the earlier sentence first. A document that has no date in ``published``
    gives none.
    """
    candidates = []
    for sentence in sentences:
        for mention in _mentions(sentence, published, cast.language):
            event = _event_of(sentence, mention, cast=cast)
            if event and 0 <= (event.day - today).days <= horizon_days:
                quality = _grade(event, sentence, today=today, cast=cast)
                candidates.append(Scored(quality, event))
    return best_of(candidates, by=lambda event: event.day, limit=limit)


def announced(
    sentences: Iterable[Sentence],
    *,
    published: Mapping[str, date],
    today: date,
    language: Language,
) -> tuple[DateAhead, ...]:
    """Return the sentences that announce something for a day after ``today``, by day, one a day.

    Unlike what :func:`find` returns they need not stand alone: they are read below the headline of
    their story. What is conditional or uncertain announces nothing. Of one day the first counts.
    Sentences of the most central report come first.
    """
    first: dict[date, DateAhead] = {}
    for sentence in sentences:
        for mention in _mentions(sentence, published, language):
            day = mention.day
            in_time = 0 < (day - today).days <= HORIZON and day not in first
            if in_time and (
                mention.is_certain or _governing(sentence.text, mention, language.ahead)
            ):
                named = cut(sentence, mention.start, mention.end)
                first[day] = DateAhead(day=day, clause=sentence, mention=named)
    return tuple(first[day] for day in sorted(first))


def is_overtaken(
    sentence: Sentence, *, published: Mapping[str, date], today: date, language: Language
) -> bool:
    """Tell whether a sentence announces what is past, as "tomorrow" of yesterday's report is."""
    by = published.get(sentence.document, today)
    return by < today and any(
        _governing(sentence.text, mention, language.ahead)
        and (mention.day < today or sentence.text[mention.start :].lower().startswith("tomorrow"))
        for mention in _mentions(sentence, published, language, least=0)
    )


def _mentions(
    sentence: Sentence, published: Mapping[str, date], language: Language, *, least: int = 1
) -> Iterator[_Mention]:
    """Yield the days that a sentence is sure of; of a range the first day."""
    text, by, words = sentence.text, published.get(sentence.document), language.ahead
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
            continue  # what is quoted may have been said on another day than that of publication
        week = words.week.match(text, end)
        end = week.end() if week else end
        stop = words.clause_ends.search(text, end)
        unsure = (
            words.unsure.search(text, 0, stop.start() if stop else len(text))
            or words.doubt.search(text, 0, start)
            or words.before_day.search(text, 0, start)
            or words.after_day.match(text, end)
            or words.past.match(text, end + 1)  # "on Monday signed a pact"
            or (not relative and words.starting.search(text, 0, start))
        )
        of = week["week"] if week else (run[0]["which"] or run[0]["weeks"] or "").strip().lower()
        day = (
            None
            if unsure
            else _first(run, text, language, by=by, week=week["week"] if week else "")
        )
        if day is not None and (day - by).days >= least:
            certain = of in words.names_a_week or _is_this_year(run, text, words, day=day, by=by)
            yield _Mention(day, start, end, certain and not words.past.search(text, 0, start))


def _is_this_year(
    run: Sequence[re.Match[str]], text: str, words: Ahead, *, day: date, by: date
) -> bool:
    """Tell whether a day after publication cannot be one of years ago."""
    if run[0]["tomorrow"]:
        return not words.today.search(text)
    others = {int(year) for year in _ANY_YEAR.findall(text)} - {by.year}
    bare = not (run[0]["weekday"] or run[0]["named"] or run[0]["year1"] or run[0]["year2"])
    return bare and day.year == by.year and not others and not words.noun.match(text, run[-1].end())


def _first(
    run: Sequence[re.Match[str]], text: str, language: Language, *, by: date, week: str
) -> date | None:
    """Return the first day of a list or range; None where it is in doubt which days they are."""
    days = [_resolve(match, by, language, week=week) for match in run]
    first, last = days[0], days[-1]
    if first is None or last is None or not 0 <= (last - first).days <= _LONGEST_RANGE:
        return None
    before = text[: run[0].start()]
    if run[0]["weekday"]:
        this_week = first.isocalendar()[:2] == by.isocalendar()[:2]
        habit = first.weekday() == 0 and last.weekday() > 3
        night = before.endswith(" from ") and language.ahead.part_of_day.match(text, run[-1].end())
        if habit or night or before.endswith(" a ") or (this_week and "next week" in text):
            return None
    between = before.endswith("between ") and " and " not in text[run[0].start() : run[-1].end()]
    return None if between else first


def _resolve(
    match: re.Match[str], published: date, language: Language, *, week: str
) -> date | None:
    """Return the day of a mention; None if there is none or its weekday contradicts it."""
    if match["tomorrow"] or match["weekday"]:
        day: date | None = _after(published, 1)
        if match["weekday"]:
            wanted = language.calendar.weekday(match["weekday"])
            day = _weekday(match, published, wanted, week=week)
        return day and _after(
            day, 7 * int(language.ahead.weeks.get((match["weeks"] or "").lower(), 0))
        )
    month = language.calendar.month(match["month"] or match["month2"])
    number, year = int(match["day"] or match["day2"]), match["year1"] or match["year2"]
    day = _next(published, month, number) if year is None else day_of(int(year), month, number)
    named = match["named"]
    if day is None or (named and day.weekday() != language.calendar.weekday(named)):
        return None
    return day


def _weekday(match: re.Match[str], published: date, wanted: int, *, week: str) -> date | None:
    """Return the next such day; None for the weekday of publication and an unclear "next"."""
    today = published.weekday()
    which, gap = (match["which"] or week).strip().lower(), (wanted - today) % 7
    if match["weeks"]:
        return _after(published, gap)
    if week == "next":
        return _after(published, 7 - today + wanted) if today < 6 else None
    if which == "next":
        # "next Friday" on a Monday is this week's to some and next week's to others
        return _after(published, gap or 7) if wanted <= today else None
    if gap == 0 or (week == "this" and wanted < today):
        return None  # "on Friday" in Friday's paper is today
    return _after(published, gap)


def _after(published: date, days: int) -> date:
    return date.fromordinal(min(published.toordinal() + days, date.max.toordinal()))


def day_of(year: int, month: int, number: int) -> date | None:
    """Return a day; None: there is none of that number."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _next(published: date, month: int, number: int) -> date | None:
    """Return the first such day on or after publication; 29 February within eight years."""
    years = range(published.year, min(published.year + 9, date.max.year + 1))
    days = (day_of(year, month, number) for year in years)
    return next((day for day in days if day is not None and day >= published), None)


def _event_of(sentence: Sentence, mention: _Mention, *, cast: Cast) -> DateAhead | None:
    """Return the event of a mention if a verb of the future governs it."""
    text, words = sentence.text, cast.language.ahead
    if any(first <= mention.start < last for first, last in quoted(text)):
        return None
    verb = _governing(text, mention, words)
    after = words.followed.search(text, 0, mention.start) if verb is None else None
    if after and words.will.search(text, 0, after.start()):
        named = cut(sentence, mention.start, mention.end)
        clause = cut(sentence, after.start("event"), after.end("event"))
        return DateAhead(day=mention.day, clause=clause, mention=named)
    if verb is None or words.relative.search(text, 0, verb.start()):
        return None
    for first, stop in _bounds(text, mention, verb, cast.language):
        clause = cut(sentence, first, stop)
        fits = SHORTEST_CLAUSE <= len(clause.text) <= LONGEST_CLAUSE
        if not fits or clause.text[:1].islower() or first >= verb.start() - 2 or stop <= verb.end():
            continue
        named = cut(sentence, mention.start, mention.end)
        elsewhere = clause.text.replace(named.text, "", 1)
        if not words.mention.search(elsewhere) and stands_alone(clause.text, cast=cast):
            return DateAhead(day=mention.day, clause=clause, mention=named)
    return None


def _bounds(
    text: str, mention: _Mention, verb: re.Match[str], language: Language
) -> Iterator[tuple[int, int]]:
    """Yield clauses: without the day where it only repeats the heading, whole, up to the day."""
    words, clauses = language.ahead, language.clauses
    within = partial(spans, words=clauses, sources=words.sources)
    yield from _without_day(text, mention, verb, words, within)
    start, end = min(verb.start(), mention.start), max(verb.end(), mention.end)
    yield from within(text, start=start, end=end)
    between = text[verb.end() : mention.start].split()
    if len(between) < 3 and verb.group() in ("will", "shall"):
        return  # "will redeem on 1 May, all of its shares": the object is still to come
    rest = words.rest.match(text, end)
    asks = words.asks.search(text, verb.end(), mention.start)
    if (
        rest
        and not asks
        and keeps_meaning(text[rest.end() :], words=clauses, sources=words.sources)
    ):
        yield from within(text[: rest.end()], start=start, end=end)


def _governing(text: str, mention: _Mention, words: Ahead) -> re.Match[str] | None:
    """Return the verb of the future that the day belongs to."""
    before = list(words.will.finditer(text, 0, mention.start))
    if before and _is_joined(text, before[-1].end(), mention.start, words):
        return before[-1] if _takes(text, before[-1], mention, words) else None
    copula = words.copula.search(text, 0, mention.start)
    if copula:
        return copula
    after = words.will.search(text, mention.end)
    if after is None or not _is_joined(text, mention.end, after.start(), words):
        return None
    lead = text[: mention.start]
    past = words.past.search(words.boundary.split(lead)[-1])
    adjoins = after.start() - mention.end < _ADJACENT
    return after if not past and (adjoins or words.lead.match(lead)) else None


def _is_joined(text: str, start: int, end: int, words: Ahead) -> bool:
    """Tell whether a verb and a day belong together by what stands between them."""
    quotes = sum(text.count(mark, start, end) for mark in MARKS)
    return quotes % 2 == 0 and not words.apart.search(text, start, end)


def _takes(text: str, verb: re.Match[str], mention: _Mention, words: Ahead) -> bool:
    """Tell whether a verb before a day has no other day, or both in one list."""
    others = [*words.mention.finditer(text, verb.end(), mention.start)]
    if others:
        return " and " in text[others[-1].end() : mention.start]
    dated = any(map(str.isdigit, text[mention.start : mention.end]))
    return dated or not words.next_part.search(text, verb.end(), mention.start)


def _without_day(
    text: str,
    mention: _Mention,
    verb: re.Match[str],
    words: Ahead,
    within: Callable[..., Iterator[tuple[int, int]]],
) -> Iterator[tuple[int, int]]:
    """Yield the clauses that leave out a day which opens or closes the sentence."""
    if mention.start > verb.start():
        close = words.trailing.search(text, 0, mention.start)
        rest = text[mention.end :].strip()
        bare = text[verb.end() : close.start()].strip() if close else ""
        if close and rest in ("", ".") and len(bare.split()) > 1:
            yield from within(text[: close.start()], start=verb.start(), end=close.start())
    elif words.opening.match(text[: mention.start]):
        comma = re.match(r",? ", text[mention.end :])
        if comma:
            start = mention.end + comma.end()
            for _, stop in within(text, start=start, end=verb.end()):
                yield start, stop


def _grade(event: DateAhead, sentence: Sentence, *, today: date, cast: Cast) -> float:
    """Weigh importance and certainty of the event, its distance and its place in the report."""
    clause, words = event.clause.text, cast.language.ahead
    grade = 0.5 + 0.5 * prominence(clause, cast=cast)
    grade *= 0.5 if words.uncertain.search(clause) else 1.0
    grade *= 0.8 if words.likely.search(clause) else 1.0
    grade *= 1.0 if len(event.mention.text.split()) > 1 else 0.9
    grade *= 1 / (1 + (event.day - today).days / HORIZON / 4)
    return round(grade / (1 + 0.004 * sentence.index), 4)
