"""Finds events on future days, each with the clause that reports it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from briefing.core.model import DateAhead, Sentence
from briefing.core.text.finders.clauses import (
    INSTITUTION,
    LONGEST,
    Cast,
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

MONTHS = {
    name: number
    for number, group in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in group.split()
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|"
    r"\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_YEAR = r"(?:,? (?P<year{0}>(?:19|20)\d\d))?"
#: "Sunday (Jan. 4)", "Friday, March 13, 2026", "23 March", "next Tuesday", "tomorrow".
_MENTION = re.compile(
    rf"(?<![\w’'-])(?:(?P<named>{WEEKDAY}),? \(?)?"
    rf"(?:(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:%]|[–-]\w){_YEAR.format(1)}"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month2>{MONTH})(?![\w-]){_YEAR.format(2)})"
    rf"(?P<closing>\))?|(?<![\w’'-])(?P<weekday>(?:(?:next|this|coming) )?{WEEKDAY})(?![\w’'-])"
    rf"|(?<![\w’'-])(?P<tomorrow>tomorrow)(?![\w’'-])"
)
#: Every match of it contains one of these, which are found sooner.
_DAY_SIGN = re.compile(r"\d|day|tomorrow")
#: Verbs of a clause about the future.
_WILL = re.compile(
    r"\b(?:will|shall|(?:is|are) (?:also |now |still |currently )?(?:set|due|scheduled|expected|"
    r"slated|planned|planning|preparing|going|poised|likely|to)\b|"
    r"(?<!no )(?<!had )(?<!the )(?<!of )(?<!any )plans? to|intends? to|begins|opens|starts|expires|"
    r"takes effect|comes into force|enters into force|goes into effect|takes office|convenes|"
    r"kicks off|falls due|meets|visits)\b"
)
#: Between the verb and the day, these show that the day belongs to something else.
_APART = re.compile(
    r"[;:“”\"]|\b(?:said|says|told|announced|reported|added|warned|after|since|following|"
    r"before(?! $)|who|which|whose|where|because|than|when|if|once|that|was|were|had|has|have|did|"
    r"ended|made|ago|last|previous|earlier|unless|whether|according)\b"
    r"|, (?:but|while|and)\b|(?<!be) [a-z]{3,}ed (?:on )?$"
)
#: The verb belongs to a relative clause of a noun that is left out.
_RELATIVE = re.compile(r"\b(?:which|who|that|when|where|what) $")
#: Before the day: it is past, recurring, qualifies a noun ("the March 4 summit") or is vague.
_BEFORE_DAY = re.compile(
    r"\b(?:since|of|last|previous|past|the|a|every|each|between|late|early|around|about) $"
)
#: After the day: it qualifies a noun ("the March 4 summit") or recurs ("Mondays").
_AFTER_DAY = re.compile(r" (?:evening|morning|night|afternoon)?’s|(?:'s|’s)\b| last\b")
_IFFY = re.compile(
    r"\b(?:if|unless|would|could|may|might|should|not|never|no|whether|hopes?|"
    r"postpon\w+|cancel\w+|scrap\w+|call\w* off|rumou?red|reportedly|every|weekly|each)\b"
)
_LIKELY = re.compile(r"\b(?:expected|likely|poised|going to)\b")
#: The day ends the sentence and its heading repeats it; not after a word that needs it.
_TRAILING = re.compile(
    r"(?: on|(?<!effective)(?<!as)(?<!for)(?<!from)(?<!due)(?<!be)(?<!is)(?<!are)(?<!by)(?<!until)"
    r"(?<!starting)(?<!beginning)(?<!through)(?<!before)(?<!after)(?<!till)(?<!than)(?<!of)) $"
)
#: Sources of a plan that may be left out: institutions and their spokespeople.
_SOURCES = re.compile(
    INSTITUTION.pattern
    + r"|\b(?:spokes(?:man|woman|person)|advis[eo]r|minister|organi[sz]ers|lawyer|aide)\b",
    re.IGNORECASE,
)
#: After the day only purpose, place and company follow.
_REST = re.compile(
    r"(?: (?:morning|afternoon|evening|night))?"
    r"(?=, | (?:—|–|--) | (?:to|in|at|with|for|as|following|ahead|where|when)\b)"
)
#: Verbs whose complement follows the day and belongs to the clause.
_ASKS = re.compile(r"\b(?:ask|urge|allow|require|order|invite|tell|call|force|help)\b")
_OPENING = re.compile(r"^(?:(?:On|Next|This) )?$")
#: Before the day: it bounds or qualifies something else ("in the year starting April 1").
_BOUND = re.compile(
    r"\b(?:starting|beginning|commencing|ending|maturing|expiring|(?<!is )(?<!are )(?<!be )due|"
    r"record|through|until|till|before|into)(?: on)? $"
)


@dataclass(frozen=True, slots=True)
class ScoredDate:
    """A date ahead and how good it is."""

    #: 0 to 1, larger is better; comparable across stories.
    quality: float
    #: The day and its event.
    ahead: DateAhead


def find(  # noqa: PLR0913  what a date depends on
    sentences: Sequence[Sentence],
    *,
    cast: Cast,
    published: Mapping[str, date],
    today: date,
    horizon_days: int = HORIZON,
    limit: int = 3,
) -> tuple[ScoredDate, ...]:
    """Find the events of one story on ``today`` and later, best first, one a day.

    Only days after publication count, so of those today what was announced before. Dates and
    weekdays are read as seen from the day the document was published: a date without a
    year is the next such day, a weekday the next one after publication. Only a clause about
    the future counts ("will", "is due", "takes effect"). The clause may leave out the day where
    it only repeats the heading. Equal quality: the earlier sentence first.

    Args:
        sentences: the sentences of one story.
        cast: of the story.
        published: local date of publication of each document by id; a document that is missing
            there gives no dates.
        today: the day of the edition; earlier days do not count.
        horizon_days: the last day that counts, in days after ``today``.
        limit: most that are returned.
    """
    candidates = []
    for sentence in sentences:
        for event in _events(sentence, published=published.get(sentence.document), cast=cast):
            if 0 <= (event.day - today).days <= horizon_days:
                quality = _grade(event, sentence, today=today, cast=cast)
                candidates.append(ScoredDate(quality=quality, ahead=event))
    candidates.sort(key=lambda candidate: -candidate.quality)
    first: dict[date, ScoredDate] = {}
    for candidate in candidates:
        first.setdefault(candidate.ahead.day, candidate)
    return tuple(first.values())[:limit]


def announced(
    sentences: Iterable[Sentence], *, published: Mapping[str, date], today: date
) -> tuple[DateAhead, ...]:
    """Return the sentences that announce something for a day after ``today``, by day, one a day.

    Unlike what :func:`find` returns they need not stand alone: they are read below the headline of
    their story. What is conditional or uncertain announces nothing. Of one day the first counts.

    Args:
        sentences: of one story, those of its most central report first.
        published: as in :func:`find`.
        today: the day of the edition.
    """
    first: dict[date, DateAhead] = {}
    for sentence in sentences:
        by = published.get(sentence.document)
        if by is None or len(sentence.text) > LONGEST or _IFFY.search(sentence.text):
            continue
        for match, day in _mentions(sentence.text, by):
            in_time = 0 < (day - today).days <= HORIZON and day not in first
            bound = _BOUND.search(sentence.text, 0, match.start())
            if in_time and not bound and _governing(sentence.text, match):
                mention = cut(sentence, match.start(), match.end())
                first[day] = DateAhead(day=day, clause=sentence, mention=mention)
    return tuple(first[day] for day in sorted(first))


def _events(sentence: Sentence, *, published: date | None, cast: Cast) -> Iterator[DateAhead]:
    """Yield the events of a sentence on days after its publication."""
    if published is None or len(sentence.text) > LONGEST:
        return
    for match, day in _mentions(sentence.text, published):
        event = _event_of(sentence, match, day, cast=cast)
        if event is not None:
            yield event


def _mentions(text: str, published: date) -> Iterator[tuple[re.Match[str], date]]:
    """Yield each mention of a day after publication, with the day."""
    if not _DAY_SIGN.search(text):
        return
    marks = quoted(text)
    for match in _MENTION.finditer(text):
        if any(start <= match.start() < end for start, end in marks):
            continue
        if _BEFORE_DAY.search(text, 0, match.start()) or _AFTER_DAY.match(text, match.end()):
            continue
        day = _resolve(match, published)
        if day is not None and day > published:
            yield match, day


def _resolve(match: re.Match[str], published: date) -> date | None:
    """Return the day of a mention; None if there is none or its weekday contradicts it."""
    if match["tomorrow"]:
        return date.fromordinal(min(published.toordinal() + 1, date.max.toordinal()))
    if match["weekday"]:
        return _weekday(match["weekday"].lower().split(), published)
    month = MONTHS[(match["month"] or match["month2"]).rstrip(".").lower()]
    number, year = int(match["day"] or match["day2"]), match["year1"] or match["year2"]
    day = _next(published, month, number) if year is None else _day(int(year), month, number)
    named = match["named"]
    if day is None or (named and WEEKDAYS[day.weekday()] != named.lower()):
        return None
    return day


def _weekday(words: Sequence[str], published: date) -> date | None:
    """Return the next such day; None for the weekday of publication and an unclear "next"."""
    wanted, today = WEEKDAYS.index(words[-1]), published.weekday()
    if words[0] == "next" and wanted > today:
        return None  # "next Friday" on a Monday is this week's to some and next week's to others
    gap = (wanted - today) % 7
    if gap == 0 and words[0] != "next":
        return None  # "on Friday" in Friday's paper is today
    return date.fromordinal(min(published.toordinal() + (gap or 7), date.max.toordinal()))


def _day(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _next(published: date, month: int, number: int) -> date | None:
    """Return the first such day on or after publication; 29 February within eight years."""
    years = range(published.year, min(published.year + 9, date.max.year + 1))
    days = (_day(year, month, number) for year in years)
    return next((day for day in days if day is not None and day >= published), None)


def _event_of(
    sentence: Sentence, match: re.Match[str], day: date, *, cast: Cast
) -> DateAhead | None:
    """Return the event of a mention if a verb of the future governs it."""
    text = sentence.text
    verb = _governing(text, match)
    if verb is None:
        return None
    for first, stop in _bounds(text, match, verb):
        clause = text[first:stop].strip()
        fits = SHORTEST_CLAUSE <= len(clause) <= LONGEST_CLAUSE and not clause[:1].islower()
        if not fits or first >= verb.start() - 2 or stop <= verb.end():
            continue
        others = [other for other in _MENTION.finditer(clause) if other.group() != match.group()]
        if not others and stands_alone(clause, cast=cast):
            mention = cut(sentence, match.start(), match.end())
            return DateAhead(day=day, clause=cut(sentence, first, stop), mention=mention)
    return None


def _bounds(text: str, match: re.Match[str], verb: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield clauses: without the day where it only repeats the heading, whole, up to the day."""
    yield from _without_day(text, match, verb)
    start, end = min(verb.start(), match.start()), max(verb.end(), match.end())
    yield from spans(text, start=start, end=end, sources=_SOURCES)
    between = text[verb.end() : match.start()].split()
    if len(between) < 3 and verb.group() in ("will", "shall"):
        return  # "will redeem on 1 May, all of its shares": the object is still to come
    rest = _REST.match(text, end)
    asks = _ASKS.search(text, verb.end(), match.start())
    if rest and not asks and keeps_meaning((text[rest.end() :],), _SOURCES):
        yield from spans(text[: rest.end()], start=start, end=end, sources=_SOURCES)


def _governing(text: str, match: re.Match[str]) -> re.Match[str] | None:
    """Return the verb of the future that the day belongs to."""
    before = list(_WILL.finditer(text, 0, match.start()))
    if before and not _APART.search(text, before[-1].end(), match.start()):
        return None if _RELATIVE.search(text, 0, before[-1].start()) else before[-1]
    if _OPENING.match(text[: match.start()]) or text[: match.start()].endswith((", on ", ": On ")):
        verb_after = _WILL.search(text, match.end())
        if verb_after and not _APART.search(text, match.end(), verb_after.start()):
            return verb_after
    return None


def _without_day(text: str, match: re.Match[str], verb: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the clauses that leave out a day which opens or closes the sentence."""
    if match.start() > verb.start():
        close = _TRAILING.search(text, 0, match.start())
        rest = text[match.end() :].strip()
        bare = text[verb.end() : close.start()].strip() if close else ""
        if close and rest in ("", ".") and len(bare.split()) > 1:
            yield from (
                (f, s)
                for f, s in spans(
                    text[: close.start()], start=verb.start(), end=close.start(), sources=_SOURCES
                )
            )
    elif _OPENING.match(text[: match.start()]):
        comma = re.match(r",? ", text[match.end() :])
        if comma:
            start = match.end() + comma.end()
            yield from (
                (start, s) for _, s in spans(text, start=start, end=verb.end(), sources=_SOURCES)
            )


def _grade(event: DateAhead, sentence: Sentence, *, today: date, cast: Cast) -> float:
    """Weigh importance and certainty of the event, its distance and its place in the report."""
    clause = event.clause.text
    grade = 0.5 + 0.5 * prominence(clause, cast=cast)
    grade *= 0.5 if _IFFY.search(clause) else 1.0
    grade *= 0.8 if _LIKELY.search(clause) else 1.0
    grade *= 1.0 if len(event.mention.text.split()) > 1 else 0.9
    grade *= 1 / (1 + (event.day - today).days / HORIZON / 4)
    return round(grade / (1 + 0.004 * sentence.index), 4)
