"""Finds events on future days, each with the clause that reports it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from briefing.core.model import DateAhead, Sentence
from briefing.core.text.finders.clauses import (
    INSTITUTION,
    LONGEST,
    MARKS,
    PAST,
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
#: Weeks after a weekday, and words by which its week is another one than this.
_WEEKS = {"": 0, "a": 1, "one": 1, "two": 2, "three": 3}
_NAMES_A_WEEK = {"next", "a", "one", "two", "three"}
#: Days between the first and the last day of one list or range.
_LONGEST_RANGE = 62

MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan,february feb,march mar,april apr,may,june jun,july jul,august aug,"
        "september sept sep,october oct,november nov,december dec".split(","),
        start=1,
    )
    for name in names.split()
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|"
    r"\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
WEEKDAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_YEAR = r"(?:,? (?P<year{0}>(?:19|20)\d\d))?"
_ORDINAL = r"(?:st|nd|rd|th)?"
#: More days of the same month: "19 and 20 March", "July 7-8", "March 28 to 30".
_MORE = rf"(?:(?: ?[–-] ?| and | to | through )\d{{1,2}}{_ORDINAL})"
#: "Sunday (Jan. 4)", "Friday, March 13, 2026", "19 and 20 March", "a week from Tuesday".
_MENTION = re.compile(
    rf"(?<![\w’'-])(?:(?P<named>{WEEKDAY}),? \(?)?"
    rf"(?:(?P<month>{MONTH}) (?P<day>\d{{1,2}}){_ORDINAL}{_MORE}{{0,2}}(?![\d:%]|[–-]\w)"
    rf"{_YEAR.format(1)}|(?P<day2>\d{{1,2}}){_ORDINAL}{_MORE}{{0,2}}(?: of)? (?P<month2>{MONTH})"
    rf"(?![\w-]){_YEAR.format(2)})(?P<closing>\))?"
    rf"|(?<![\w’'-])(?:(?P<weeks>(?i:a|one|two|three)) weeks? from )?"
    rf"(?P<which>(?i:next|this|coming) )?"
    rf"(?:(?P<weekday>{WEEKDAY})(?![\w’'-])|(?P<tomorrow>[Tt]omorrow)(?:[’']s)?(?![\w-]))"
)
_ANY_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
#: Beside "tomorrow": a figure of speech, or one of two days ("today and tomorrow").
_TODAY = re.compile(r"\b[Tt]oday\b|omorrow[’']s|\?$")
#: Every match of it contains one of these, which are found sooner.
_DAY_SIGN = re.compile(r"\d|day|omorrow")
#: Between two mentions: a list or a range, whose first day counts.
_JOIN = re.compile(r",? (?:and|to|through) (?:on )?|, | ?[–-] ?")
#: After a weekday or a list of them: the week in which they are.
_WEEK = re.compile(r",? (?:of )?(?P<week>next|this) week\b")
#: Verbs of a clause about the future: auxiliaries and phrases, the present of what begins, ends and
#: travels by a timetable, and participles that name a plan.
_WILL = re.compile(
    r"(?:\b(?:will|shall)|[’']ll|\b(?:(?:is|are|[’']re)(?: also| now| still| currently)? (?:to|set|"
    r"due|scheduled|expected|slated|planned|planning|preparing|going|poised|likely|traveling|"
    r"travelling|visiting|sending|meeting|hosting|holding|heading|returning|leaving|arriving|"
    r"convening|flying|voting|\W?on (?:pace|track|course)\W? to)"
    r"|(?:has|have) been (?:set|scheduled|slated|planned)|[’']s (?:scheduled|expected|slated|due|"
    r"going)|(?<!no )(?<!had )(?<!the )(?<!of )(?<!any )(?<!his )(?<!its )(?<![’']s )plans? to"
    r"|(?:intend|expect)s? to|begins|opens|starts|ends|closes|concludes|expires|resumes|departs|"
    r"arrives|takes (?:effect|office)|(?:comes|enters) into force|goes (?:into effect|on|before)|"
    r"(?:re)?convenes|draws to a close|kicks off|falls due|meets|visits"
    r"|(?<=[a-z]s )(?:begin|convene|expire|meet|take effect|go into effect|kick (?:in|off))"
    r"|(?<!was )(?<!were )(?<!been )(?<!had )(?<!not )(?<!also )(?<!ly )(?<!ed )(?:"
    r"(?:scheduled|slated) (?=(?:for|to|on|in)\b)|planned (?=(?:for|on|in)\b)"
    r"|set (?=(?:for|to)\b)|due to (?:be|begin|end|expire|go|kick|meet|open|start|take))))\b"
)
#: Between the verb and a weekday, which may be past: another part of the sentence has begun.
_NEXT_PART = re.compile(r", (?!(?:effective |probably |first )?(?:on )?$)[^,]+ $")
#: Right before the day.
_IS = re.compile(
    r"\b(?:is|are) (?:on )?$|(?<!was )(?<!were )(?<!been )(?<!had )(?<!as )(?<!ly )"
    r"\b(?:scheduled|slated|planned|expected) (?:for |on )?$"
)
#: A noun or adjective follows: a small letter, and none of the words that cannot be one.
_NOUN = re.compile(
    r" (?!(?:an?|the|his|her|its|their|this|last|late|early|in|at|by|on|with|for|to|from|of|under|"
    r"over|against|during|into|near|outside|between|as|about|through|out|up|down|off|and|or|but|"
    r"is|are|will|when|where|while|if|unless|after|before)\b)[a-z]"
)
#: A finite verb of the past, or the participle of a noun: "an agreement reached in Lund on Monday".
#: Not after "be", which makes it part of the verb, nor after an article or adverb or before a noun,
#: which it describes ("behind closed doors").
_DONE = (
    r"(?<![\w’'-])(?<!\bbe )(?<!\bbeen )(?<!\bget )(?<!\band )(?<!\bor )(?<!\bthe )(?<!\ba )"
    r"(?<!\ban )(?<!\bits )(?<!\bhis )(?<!\bher )(?<!\btheir )(?<!ly )"
    rf"(?:(?:{PAST})(?![\w-])|(?!scheduled|slated|planned|expected|hundred)[a-z]{{2,}}(?<!e)ed"
    rf"(?![\w-])(?!{_NOUN.pattern}))"
)
_PAST = re.compile(_DONE)
#: Between the verb and the day, these show that the day belongs to something else.
_APART = re.compile(
    rf"[;:]|{_DONE}|\b(?:says|after|since|following|(?<!appear )(?<!testify )before(?! $)|who|"
    r"which|whose|where|because|(?<!-)than|when|if|once|that|has|have|ago|last|previous|earlier|"
    r"according|amid|despite|(?:response|reaction) to|would|could|may|might|should)\b"
    r"|, (?:but|while|and)\b"
)
#: The verb belongs to a relative clause of a noun that is left out.
_RELATIVE = re.compile(r"\b(?:which|who|that|when|where|what) $")
#: Before the day: it is past, recurs, bounds or qualifies something else ("the March 4 summit", "in
#: the year starting April 1", "bills due May 7"), or is vague.
_BEFORE_DAY = re.compile(
    r"\b(?:since|as recently as|(?<!week )(?<!night )(?<!morning )of|last|previous|past|the|"
    r"(?<!, )first|second|third|every|each|around|about|at least|either|or|now and|"
    r"as (?:early|soon) as|weeks? from|week,?|ending|maturing|expiring|"
    r"(?<!is )(?<!are )(?<!be )due|record|through|until|till|before|after|than|into)"
    r"(?: on)?(?: late| early)? $"
)
#: Before a date, that of a year or of bonds ("in the year starting April 1").
_STARTING = re.compile(r"\b(?:starting|beginning|commencing)(?: on)? $")
_PART_OF_DAY = re.compile(r" (?:evening|morning|night|afternoon)\b")
#: After the day: it qualifies a noun ("Monday’s vote"), recurs ("Mondays"), is past or unsure.
_AFTER_DAY = re.compile(rf"(?:{_PART_OF_DAY.pattern})?(?:[’']s\b| (?:last|or|of (?!next|this))\b)")
#: Up to the end of the clause: what is conditional, called off or a habit announces nothing.
_UNSURE = re.compile(
    r"\b(?:[Ii]f|[Uu]nless|postpon\w+|cancel\w+|scrap\w+|(?:call|put)\w* off|delay\w*|"
    r"(?:days|times|hours) a week)\b"
)
_CLAUSE_ENDS = re.compile(
    r";| (?:—|–|--?) (?!if|unless)|, (?:and|but|while|who|which|where|after)\b| to see\b"
)
#: Before the day: it is not said that the event will be, or it is a habit.
_DOUBT = re.compile(
    r"\b(?:whether|un(?:clear|certain)|not (?:sure|clear|certain)|hopes?|rumou?red|reportedly|"
    r"weekly|daily|every (?:day|week|year))\b"
    r"|\b(?:would|could|might|may)(?: \w+){0,8} $"
)
_IFFY = re.compile(r"\b(?:would|could|may|might|should|not|never|no)\b")
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
    rf"(?:{_PART_OF_DAY.pattern})?"
    r"(?=, | (?:—|–|--) | (?:to|in|at|with|for|as|following|ahead|where|when)\b)"
)
#: Verbs whose complement follows the day and belongs to the clause.
_ASKS = re.compile(r"\b(?:ask|urge|allow|require|order|invite|tell|call|force|help)\b")
_OPENING = re.compile(r"(?:On )?$")
#: What comes after an event of the future, up to its own day: "…, followed by trade talks on ".
_FOLLOWED = re.compile(r", (?:to be )?followed by (?P<event>[^,;:]{25,110}?)(?: on)? $")
#: Before a day that its subject and verb follow: a joining word, or a phrase of place or time.
_LEAD = re.compile(
    r"(?:.*(?:[,:]|\bthat) on |(?:(?:So|And|But|Then),? )?(?:[Oo]n )?|(?:At|In|During|For|From|By|"
    r"Early|Late|Later) (?!.*\b(?:report|statement|interview|letter|memo|survey|poll|study|ruling|"
    r"order)\b)[^,:;]{0,60} )$"
)
_BOUNDARY = re.compile(r"[,:;]|\bthat\b")
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
        for mention in _mentions(sentence, published):
            event = _event_of(sentence, mention, cast=cast)
            if event and 0 <= (event.day - today).days <= horizon_days:
                quality = _grade(event, sentence, today=today, cast=cast)
                candidates.append(Scored(quality, event))
    return best_of(candidates, by=lambda event: event.day, limit=limit)


def announced(
    sentences: Iterable[Sentence], *, published: Mapping[str, date], today: date
) -> tuple[DateAhead, ...]:
    """Return the sentences that announce something for a day after ``today``, by day, one a day.

    Unlike what :func:`find` returns they need not stand alone: they are read below the headline of
    their story. What is conditional or uncertain announces nothing. Of one day the first counts.
    Sentences of the most central report come first.
    """
    first: dict[date, DateAhead] = {}
    for sentence in sentences:
        for mention in _mentions(sentence, published):
            day = mention.day
            in_time = 0 < (day - today).days <= HORIZON and day not in first
            if in_time and (mention.is_certain or _governing(sentence.text, mention)):
                words = cut(sentence, mention.start, mention.end)
                first[day] = DateAhead(day=day, clause=sentence, mention=words)
    return tuple(first[day] for day in sorted(first))


def is_overtaken(sentence: Sentence, *, published: Mapping[str, date], today: date) -> bool:
    """Tell whether a sentence says that something will be on a day that is past.

    So does "tomorrow" in a report of yesterday, since who reads it counts from today.
    """
    by = published.get(sentence.document, today)
    return by < today and any(
        _governing(sentence.text, mention)
        and (mention.day < today or sentence.text[mention.start :].lower().startswith("tomorrow"))
        for mention in _mentions(sentence, published, least=0)
    )


def _mentions(
    sentence: Sentence, published: Mapping[str, date], *, least: int = 1
) -> Iterator[_Mention]:
    """Yield the days that a sentence is sure of; of a range the first day."""
    text, by = sentence.text, published.get(sentence.document)
    if by is None or len(text) > LONGEST or not _DAY_SIGN.search(text):
        return
    marks = quoted(text)
    runs: list[list[re.Match[str]]] = []
    for match in _MENTION.finditer(text):
        if runs and _JOIN.fullmatch(text, runs[-1][-1].end(), match.start()):
            runs[-1].append(match)
        else:
            runs.append([match])
    for run in runs:
        start, end = run[0].start(), run[-1].end()
        relative = run[0]["weekday"] or run[0]["tomorrow"]
        if relative and any(first <= start < last for first, last in marks):
            continue  # what is quoted may have been said on another day than that of publication
        week = _WEEK.match(text, end)
        end = week.end() if week else end
        stop = _CLAUSE_ENDS.search(text, end)
        unsure = (
            _UNSURE.search(text, 0, stop.start() if stop else len(text))
            or _DOUBT.search(text, 0, start)
            or _BEFORE_DAY.search(text, 0, start)
            or _AFTER_DAY.match(text, end)
            or _PAST.match(text, end + 1)  # "on Monday signed a pact"
            or (not relative and _STARTING.search(text, 0, start))
        )
        of = week["week"] if week else (run[0]["which"] or run[0]["weeks"] or "").strip().lower()
        day = None if unsure else _first(run, text, by=by, week=week["week"] if week else "")
        if day is not None and (day - by).days >= least:
            certain = of in _NAMES_A_WEEK or _is_this_year(run, text, day=day, by=by)
            yield _Mention(day, start, end, certain and not _PAST.search(text, 0, start))


def _is_this_year(run: Sequence[re.Match[str]], text: str, *, day: date, by: date) -> bool:
    """Tell whether a day after publication cannot be one of years ago."""
    if run[0]["tomorrow"]:
        return not _TODAY.search(text)
    others = {int(year) for year in _ANY_YEAR.findall(text)} - {by.year}
    bare = not (run[0]["weekday"] or run[0]["named"] or run[0]["year1"] or run[0]["year2"])
    return bare and day.year == by.year and not others and not _NOUN.match(text, run[-1].end())


def _first(run: Sequence[re.Match[str]], text: str, *, by: date, week: str) -> date | None:
    """Return the first day of a list or range; None where it is in doubt which days they are."""
    days = [_resolve(match, by, week=week) for match in run]
    first, last = days[0], days[-1]
    if first is None or last is None or not 0 <= (last - first).days <= _LONGEST_RANGE:
        return None
    before = text[: run[0].start()]
    if run[0]["weekday"]:
        this_week = first.isocalendar()[:2] == by.isocalendar()[:2]
        habit = first.weekday() == 0 and last.weekday() > 3
        night = before.endswith(" from ") and _PART_OF_DAY.match(text, run[-1].end())
        if habit or night or before.endswith(" a ") or (this_week and "next week" in text):
            return None
    between = before.endswith("between ") and " and " not in text[run[0].start() : run[-1].end()]
    return None if between else first


def _resolve(match: re.Match[str], published: date, *, week: str) -> date | None:
    """Return the day of a mention; None if there is none or its weekday contradicts it."""
    if match["tomorrow"] or match["weekday"]:
        day = _after(published, 1) if match["tomorrow"] else _weekday(match, published, week=week)
        return day and _after(day, 7 * _WEEKS[(match["weeks"] or "").lower()])
    month = MONTHS[(match["month"] or match["month2"]).rstrip(".").lower()]
    number, year = int(match["day"] or match["day2"]), match["year1"] or match["year2"]
    day = _next(published, month, number) if year is None else day_of(int(year), month, number)
    named = match["named"]
    if day is None or (named and WEEKDAYS[day.weekday()] != named.lower()):
        return None
    return day


def _weekday(match: re.Match[str], published: date, *, week: str) -> date | None:
    """Return the next such day; None for the weekday of publication and an unclear "next"."""
    wanted, today = WEEKDAYS.index(match["weekday"].lower()), published.weekday()
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
    text = sentence.text
    if any(first <= mention.start < last for first, last in quoted(text)):
        return None
    verb = _governing(text, mention)
    after = _FOLLOWED.search(text, 0, mention.start) if verb is None else None
    if after and _WILL.search(text, 0, after.start()):
        words = cut(sentence, mention.start, mention.end)
        clause = cut(sentence, after.start("event"), after.end("event"))
        return DateAhead(day=mention.day, clause=clause, mention=words)
    if verb is None or _RELATIVE.search(text, 0, verb.start()):
        return None
    for first, stop in _bounds(text, mention, verb):
        clause = cut(sentence, first, stop)
        fits = SHORTEST_CLAUSE <= len(clause.text) <= LONGEST_CLAUSE
        if not fits or clause.text[:1].islower() or first >= verb.start() - 2 or stop <= verb.end():
            continue
        words = cut(sentence, mention.start, mention.end)
        elsewhere = clause.text.replace(words.text, "", 1)
        if not _MENTION.search(elsewhere) and stands_alone(clause.text, cast=cast):
            return DateAhead(day=mention.day, clause=clause, mention=words)
    return None


def _bounds(text: str, mention: _Mention, verb: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield clauses: without the day where it only repeats the heading, whole, up to the day."""
    yield from _without_day(text, mention, verb)
    start, end = min(verb.start(), mention.start), max(verb.end(), mention.end)
    yield from spans(text, start=start, end=end, sources=_SOURCES)
    between = text[verb.end() : mention.start].split()
    if len(between) < 3 and verb.group() in ("will", "shall"):
        return  # "will redeem on 1 May, all of its shares": the object is still to come
    rest = _REST.match(text, end)
    asks = _ASKS.search(text, verb.end(), mention.start)
    if rest and not asks and keeps_meaning((text[rest.end() :],), _SOURCES):
        yield from spans(text[: rest.end()], start=start, end=end, sources=_SOURCES)


def _governing(text: str, mention: _Mention) -> re.Match[str] | None:
    """Return the verb of the future that the day belongs to."""
    before = list(_WILL.finditer(text, 0, mention.start))
    if before and _is_joined(text, before[-1].end(), mention.start):
        return before[-1] if _takes(text, before[-1], mention) else None
    copula = _IS.search(text, 0, mention.start)
    if copula:
        return copula
    after = _WILL.search(text, mention.end)
    if after is None or not _is_joined(text, mention.end, after.start()):
        return None
    lead = text[: mention.start]
    past = _PAST.search(_BOUNDARY.split(lead)[-1])
    adjoins = after.start() - mention.end < _ADJACENT
    return after if not past and (adjoins or _LEAD.match(lead)) else None


def _is_joined(text: str, start: int, end: int) -> bool:
    """Tell whether a verb and a day belong together by what stands between them."""
    quotes = sum(text.count(mark, start, end) for mark in MARKS)
    return quotes % 2 == 0 and not _APART.search(text, start, end)


def _takes(text: str, verb: re.Match[str], mention: _Mention) -> bool:
    """Tell whether a verb before a day has no other day, or both in one list."""
    others = [*_MENTION.finditer(text, verb.end(), mention.start)]
    if others:
        return " and " in text[others[-1].end() : mention.start]
    dated = any(map(str.isdigit, text[mention.start : mention.end]))
    return dated or not _NEXT_PART.search(text, verb.end(), mention.start)


def _without_day(text: str, mention: _Mention, verb: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield the clauses that leave out a day which opens or closes the sentence."""
    if mention.start > verb.start():
        close = _TRAILING.search(text, 0, mention.start)
        rest = text[mention.end :].strip()
        bare = text[verb.end() : close.start()].strip() if close else ""
        if close and rest in ("", ".") and len(bare.split()) > 1:
            yield from spans(
                text[: close.start()], start=verb.start(), end=close.start(), sources=_SOURCES
            )
    elif _OPENING.match(text[: mention.start]):
        comma = re.match(r",? ", text[mention.end :])
        if comma:
            start = mention.end + comma.end()
            for _, stop in spans(text, start=start, end=verb.end(), sources=_SOURCES):
                yield start, stop


def _grade(event: DateAhead, sentence: Sentence, *, today: date, cast: Cast) -> float:
    """Weigh importance and certainty of the event, its distance and its place in the report."""
    clause = event.clause.text
    grade = 0.5 + 0.5 * prominence(clause, cast=cast)
    grade *= 0.5 if _IFFY.search(clause) else 1.0
    grade *= 0.8 if _LIKELY.search(clause) else 1.0
    grade *= 1.0 if len(event.mention.text.split()) > 1 else 0.9
    grade *= 1 / (1 + (event.day - today).days / HORIZON / 4)
    return round(grade / (1 + 0.004 * sentence.index), 4)
