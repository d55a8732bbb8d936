"""The archive page: full-text search in printed editions, its query, and a calendar."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlencode

from starlette.responses import Response

from briefing.core.counting import counted
from briefing.core.model import weekly
from briefing.core.schedule import zone
from briefing.press.wording import long_date, short_date
from briefing.store import Transaction, archive, editions
from briefing.store import archive as printed
from briefing.store.archive import Hit, PassageKind, Question, fold, words_of
from briefing.web.context import WebContext
from briefing.web.days import why_none
from briefing.web.forms import FieldError, near, read_date, read_month
from briefing.web.request import WebRequest
from briefing.web.stored import ASK_AGAIN, anchors_in, cacheable, zone_of

#: Number of wider searches to suggest.
_WIDER = 2
_STATUSES = ("new", "undated", "developing", "continuing")


@dataclass(frozen=True, slots=True)
class HitView:
    """A search result, formatted."""

    hit: Hit
    #: Of its story on the page of its day; empty if the record does not tell.
    anchor: str
    headline: tuple[tuple[str, bool], ...]
    sentence: tuple[tuple[str, bool], ...]
    #: Which kind of passage beside the news; empty for a sentence of the brief.
    kind: str
    beside: tuple[tuple[str, bool], ...]
    publishers: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class ArchiveDay:
    """The results of one edition, in printed order, the top story first."""

    day: date
    #: "Thu 12 March 2026".
    words: str
    number: int
    hits: tuple[HitView, ...]


def search(request: WebRequest) -> Response:
    """Show what was printed, newest first."""
    context, asked = request.site.context, read_question(request.query)
    today = _today(request)
    with context.store.read() as tx:
        start = (asked.page - 1) * ON_A_PAGE
        results = printed.SearchPage(0, ())
        if not asked.problems:
            results = printed.search(
                tx, context.briefing, asked.question, limit=ON_A_PAGE, offset=start
            )
        more = () if results.total or asked.problems else tuple(_wider(tx, context, asked))
        month = month_of(tx, context, _first(tx, context, asked, today=today), today=today)
        names = printed.publishers(tx, context.briefing)
        records = editions.records_of(tx, (hit.edition for hit in results.hits))
    words = words_of(asked.question.words)
    answer = request.site.page(
        "archive",
        status=422 if asked.problems else 200,
        current="archive",
        asked=asked,
        found=results,
        days=tuple(_days(results.hits, words, records)),
        title=_title(results.total, asked),
        nothing=nothing_found(asked, heading=context.heading),
        shown=_range_text(results.total, start, len(results.hits)),
        wider=more,
        pages=_pages(asked, results.total),
        month=month,
        publishers=_with(names, asked.question.publisher),
        sections=_with(context.sections, asked.question.section),
        statuses=_STATUSES,
    )
    if asked.problems:
        return answer
    return cacheable(request, answer, keep=ASK_AGAIN, often=not request.query)


def _first(tx: Transaction, context: WebContext, asked: ArchiveQuery, *, today: date) -> date:
    """Return a day of the month to show: the one asked for, else that of the last edition."""
    last, _ = printed.neighbours(tx, context.briefing, today + timedelta(days=1))
    return near(asked.month or asked.question.until or last or today)


def _with(names: Iterable[str], chosen: str) -> tuple[str, ...]:
    """Return the options, including the chosen one even if it is unknown."""
    return tuple(dict.fromkeys([*names, *filter(None, [chosen])]))


def _today(request: WebRequest) -> date:
    return request.at.astimezone(zone(zone_of(request.site.context)) or UTC).date()


def _title(total: int, asked: ArchiveQuery) -> str:
    if total:
        return counted(total, "story")
    return "Nothing printed yet" if asked.empty else "Nothing found"


def _range_text(total: int, start: int, many: int) -> str:
    if not many:
        return ""
    if many == total:
        return f"All {total} shown, newest first."
    return f"{start + 1} to {start + many} of {total}, newest first."


def _days(
    hits: Sequence[Hit], words: tuple[str, ...], records: Mapping[str, str]
) -> Iterator[ArchiveDay]:
    """Group results, which come by day, by their edition."""
    for name, group in groupby(hits, key=lambda hit: hit.edition):
        own = tuple(group)
        anchors = anchors_in(records[name], name)
        yield ArchiveDay(
            own[0].day,
            f"{short_date(own[0].day)} {own[0].day.year}",
            own[0].number,
            tuple(_hit(hit, words, anchors) for hit in own),
        )


def _hit(hit: Hit, words: tuple[str, ...], anchors: Sequence[str]) -> HitView:
    return HitView(
        hit,
        anchors[hit.brief] if hit.brief < len(anchors) else "",
        marked(hit.headline, words),
        marked(hit.sentence, words),
        "" if hit.kind is PassageKind.SENTENCE else hit.kind.value,
        marked(hit.beside, words),
        marked(", ".join(hit.publishers), words),
    )


def _wider(tx: Transaction, context: WebContext, asked: ArchiveQuery) -> Iterator[tuple[str, str]]:
    """Yield label and path of the first wider searches that have results."""
    left = _WIDER
    for label, question, path in wider(asked):
        total = printed.search(tx, context.briefing, question, limit=1).total if left else 0
        if total:
            left -= 1
            yield f"{label}: {counted(total, 'story')}", path


def _pages(asked: ArchiveQuery, total: int) -> tuple[tuple[str, str], ...]:
    """Return label and path of the pages before and after."""
    last = -(-total // ON_A_PAGE)
    beside = []
    if asked.page > 1 and total:
        beside.append(("Newer", asked.path(page=str(min(asked.page - 1, last)))))
    if asked.page < last:
        beside.append(("Older", asked.path(page=str(asked.page + 1))))
    return tuple(beside)


#: Hits per page, and the maximum number of pages, since later pages cost more.
ON_A_PAGE, _MOST_PAGES = 20, 500
#: Characters read of a field.
_LONGEST = 300
_NUMBER = re.compile(r"[1-9]\d{0,3}", re.ASCII)
_FIELDS = ("words", "section", "publisher", "from", "to", "status")


@dataclass(frozen=True, slots=True)
class ArchiveQuery:
    """A search as written and as parsed."""

    #: Values by field name, to show again.
    written: Mapping[str, str]
    question: Question
    problems: tuple[FieldError, ...]
    #: From 1.
    page: int
    #: First day of the month to show; None if not given.
    month: date | None

    @property
    def empty(self) -> bool:
        """Whether there is no filter, so everything matches."""
        return self.question == Question()

    def path(self, **changed: str) -> str:
        """Return the path of this search with some fields changed; empty ones are omitted."""
        fields = {**self.written, **changed}
        return f"/archive?{asked}" if (asked := urlencode(_filled(fields))) else "/archive"


def read_question(query: Mapping[str, str]) -> ArchiveQuery:
    """Parse a query; invalid dates are reported and ignored."""
    # PostgreSQL takes no NUL.
    raw = {name: query.get(name, "").replace("\0", "") for name in _FIELDS}
    written = {name: text[:_LONGEST].strip() for name, text in raw.items()}
    since, until = read_date(written["from"]), read_date(written["to"])
    question = Question(
        written["words"],
        written["section"],
        written["publisher"],
        since,
        until,
        written["status"],
    )
    page = query.get("page", "")
    return ArchiveQuery(
        written,
        question,
        _problems(written, since, until),
        min(int(page), _MOST_PAGES) if _NUMBER.fullmatch(page) else 1,
        read_month(query.get("month", "")),
    )


def _filled(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _problems(
    written: Mapping[str, str], since: date | None, until: date | None
) -> tuple[FieldError, ...]:
    errors = [
        FieldError(name, f"“{written[name]}” is not a valid date.", "Write it like 2026-03-12")
        for name, day in (("from", since), ("to", until))
        if written[name] and day is None
    ]
    if since and until and since > until:
        errors.append(FieldError("to", "The last day is before the first.", "Choose a later day"))
    return tuple(errors)


def wider(asked: ArchiveQuery) -> tuple[tuple[str, Question, str], ...]:
    """Return wider searches: label, question and path.

    The most likely to help first: any date, any section, then each word alone.
    """
    question = asked.question
    questions: list[tuple[str, Question, str]] = []
    if question.since or question.until:
        free = replace(question, since=None, until=None)
        questions.append(("Any date", free, asked.path(**{"from": "", "to": ""})))
    if question.section:
        questions.append(("All sections", replace(question, section=""), asked.path(section="")))
    if question.publisher:
        questions.append(
            ("All publishers", replace(question, publisher=""), asked.path(publisher=""))
        )
    if question.status:
        questions.append(("Any status", replace(question, status=""), asked.path(status="")))
    each = words_of(question.words)
    for word in each if len(each) > 1 else ():
        quoted = f'"{word}"' if " " in word else word
        questions.append(
            (f"Only “{word}”", replace(question, words=quoted), asked.path(words=quoted))
        )
    return tuple(questions)


def nothing_found(asked: ArchiveQuery, *, heading: Callable[[str], str]) -> str:
    """Return the sentence for a search without results."""
    question = asked.question
    words = [f"“{word}”" for word in words_of(question.words)]
    has = f" has {_and(words, both=len(words) == 2)}" if words else ""
    where = f" in {heading(question.section)}" if question.section else ""
    whose = f" from {question.publisher}" if question.publisher else ""
    status = f" of a {question.status} story" if question.status else ""
    since = f" since {_long(question.since)}" if question.since else ""
    until = f" up to {_long(question.until)}" if question.until else ""
    verb = has or " was found"
    return f"No printed sentence{where}{whose}{status}{verb}{since}{until}."


def _and(words: Sequence[str], *, both: bool) -> str:
    if len(words) < 2:
        return "".join(words)
    joined = f"{', '.join(words[:-1])} and {words[-1]}"
    return f"both {joined}" if both else joined


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def marked(text: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Split a text into matching and other parts, at word boundaries.

    Args:
        text: as printed.
        words: folded, as :func:`briefing.store.archive.words_of` gives them.
    """
    if not words:
        return ((text, False),) if text else ()
    folded, places = _folded(text)
    hit = [False] * (len(text) + 1)
    for word in words:
        start = folded.find(word)
        while start >= 0:
            first, last = places[start], places[start + len(word) - 1]
            hit[first : last + 1] = [True] * (last + 1 - first)
            start = folded.find(word, start + len(word))
    return tuple(_runs(text, _whole_words(text, hit)))


#: The characters of a page are few, and each takes a microsecond or more to fold.
_folded_character = lru_cache(maxsize=1_000)(fold)


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the folded text, and the original position of each of its characters."""
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        bare = _folded_character(character)
        if not bare and character.isspace() and folded and folded[-1] != " ":
            bare = " "
        folded.extend(bare)
        places.extend([place] * len(bare))
    return "".join(folded), places


def _whole_words(text: str, hit: list[bool]) -> list[bool]:
    """Extend hits to whole words."""
    grown = hit[: len(text)]
    for order in (range(1, len(text)), range(len(text) - 2, -1, -1)):
        step = order.step
        for place in order:
            near = grown[place - step]
            if near and text[place].isalnum() and text[place - step].isalnum():
                grown[place] = True
    return grown


def _runs(text: str, hit: Sequence[bool]) -> list[tuple[str, bool]]:
    runs: list[tuple[str, bool]] = []
    for character, is_hit in zip(text, hit, strict=True):
        if runs and runs[-1][1] == is_hit:
            runs[-1] = (runs[-1][0] + character, is_hit)
        else:
            runs.append((character, is_hit))
    return runs


@dataclass(frozen=True, slots=True)
class DayView:
    """One day of a month."""

    day: date
    #: Whether it has an edition, is today, and lacks an edition that was due.
    printed: bool
    today: bool
    missed: bool


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month in weeks from Monday; None is a day of another month."""

    name: str
    weeks: tuple[tuple[DayView | None, ...], ...]
    #: Why days have no edition: "Sunday 8 March 2026 has no edition. It could not be made."
    notes: tuple[str, ...]
    #: The nearest months with editions before and after: "2026-02" and "February".
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    #: The last day of each week in review, and its words: "to 12 April".
    reviews: tuple[tuple[date, str], ...] = ()


def month_of(tx: Transaction, context: WebContext, day: date, *, today: date) -> MonthView:
    """Return the month of a day."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    there = archive.days(tx, context.briefing, first=first, last=last)
    reviews = archive.days(tx, weekly(context.briefing), first=first, last=last)
    before, _ = archive.neighbours(tx, context.briefing, first)
    _, after = archive.neighbours(tx, context.briefing, last)
    begun = first if before else min(there, default=last)
    reached = last if after else max(there, default=first)
    days = [
        DayView(
            day,
            day in there,
            day == today,
            day not in there and begun <= day <= reached and _is_workday(context, day),
        )
        for day in (first + timedelta(days=number) for number in range(last.day))
    ]
    cells = (*[None] * first.weekday(), *days, *[None] * (6 - last.weekday()))
    return MonthView(
        f"{first:%B %Y}",
        tuple(cells[start : start + 7] for start in range(0, len(cells), 7)),
        _notes(tx, context, [view.day for view in days if view.missed]),
        (f"{before:%Y-%m}", f"{before:%B}") if before else None,
        (f"{after:%Y-%m}", f"{after:%B}") if after else None,
        tuple((day, f"to {day.day} {day:%B}") for day in reviews),
    )


def _is_workday(context: WebContext, day: date) -> bool:
    return context.timetable is None or day.weekday() in context.timetable.days


def _notes(tx: Transaction, context: WebContext, missed: list[date]) -> tuple[str, ...]:
    """Explain why days have no edition, one sentence for each reason."""
    days: dict[str, list[date]] = {}
    for day in missed:
        days.setdefault(why_none(tx, context, day), []).append(day)
    return tuple(f"{_subject(each)}: {_lower_first(why)}" for why, each in days.items())


def _subject(days: list[date]) -> str:
    if len(days) == 1:
        return f"{long_date(days[0])} has no edition"
    numbers = ", ".join(str(day.day) for day in days[:-1])
    return f"{numbers} and {days[-1].day} {days[-1]:%B} have no edition"


def _lower_first(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
