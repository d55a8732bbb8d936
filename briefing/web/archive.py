"""The archive page: full-text search in printed editions, its query, and a calendar."""

import re
from calendar import Calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache, partial
from itertools import chain, groupby, islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from briefing.core.model import weekly
from briefing.press.wording import capitalized, long_date, say
from briefing.press.wording import translate as _
from briefing.store import Transaction, archive, editions
from briefing.store.archive import Question, fold, words_of
from briefing.web.context import WebContext
from briefing.web.days import why_none
from briefing.web.forms import FieldError, FieldErrors, near, read_date, read_month
from briefing.web.request import WebRequest
from briefing.web.stored import anchors_in, cacheable

#: Number of wider searches to suggest.
_WIDER = 2


def search(request: WebRequest) -> Response:
    """Show what was printed, newest first."""
    context, asked = request.context, read_question(request.query)
    question, problems, start = asked.question, asked.problems, (asked.page - 1) * ON_A_PAGE
    today = context.today
    with request.read() as tx:
        find = partial(archive.search, tx, context.briefing)
        results = archive.SearchPage(0, ())
        if not problems:
            results = find(question, limit=ON_A_PAGE, offset=start)
        wide = () if results.total or problems else wider(asked)
        more = ((label, path, find(each, limit=1).total) for label, each, path in wide)
        helping = tuple(
            (f"{label}{say().colon}{say().counted(total, 'story')}", path)
            for label, path, total in islice((each for each in more if each[2]), _WIDER)
        )
        last = archive.neighbours(tx, context.briefing, today + timedelta(days=1))[0]
        shown = near(asked.month or question.until or last or today)
        month = month_of(tx, context, shown, today=today)
        names = archive.publishers(tx, context.briefing)
        records = editions.records_of(tx, (hit.edition for hit in results.hits))
    total, words = results.total, words_of(question.words)
    last_page, pages = -(-total // ON_A_PAGE), []
    if asked.page > 1 and total:
        pages.append((_("Newer"), asked.path(page=str(min(asked.page - 1, last_page)))))
    if asked.page < last_page:
        pages.append((_("Older"), asked.path(page=str(asked.page + 1))))

    answer = request.site.page(
        "archive",
        status=422 if problems else 200,
        current="archive",
        asked=asked,
        results=results,
        days=[
            (list(group), anchors_in(records[name], name))
            for name, group in groupby(results.hits, key=lambda hit: hit.edition)
        ],
        marked=partial(marked, words=words),
        start=start,
        nothing=nothing_found(asked, heading=context.heading),
        wider=helping,
        pages=pages,
        month=month,
        # The chosen publisher is listed even if it is unknown.
        publishers=dict.fromkeys([*names, *filter(None, [question.publisher])]),
        sections=dict.fromkeys([*context.sections, *filter(None, [question.section])]),
    )
    if problems:
        return answer
    return cacheable(request, answer, often=not request.query)


#: Hits per page, and the maximum number of pages, since later pages cost more.
ON_A_PAGE, _MOST_PAGES = 20, 500
#: Most characters of a field that are read.
_LONGEST = 300
_NUMBER = re.compile(r"(?a)[1-9]\d{0,3}")
_FIELDS = "words section publisher from to status".split()


class ArchiveQuery(NamedTuple):
    """A search as typed and as parsed."""

    #: Values by field name, to show again.
    written: Mapping[str, str]
    question: Question
    problems: FieldErrors
    #: From 1.
    page: int
    #: First day of the month to show; None if not given.
    month: date | None

    @property
    def empty(self) -> bool:
        """Whether there is no filter, so that everything matches."""
        return self.question == Question()

    def path(self, **changed: str) -> str:
        """Return the path of this search with some fields changed; empty ones are omitted."""
        fields = {name: value for name, value in {**self.written, **changed}.items() if value}
        return f"/archive?{urlencode(fields)}" if fields else "/archive"


def read_question(query: Mapping[str, str]) -> ArchiveQuery:
    """Parse a query; invalid dates are reported and ignored."""
    # PostgreSQL takes no NUL.
    raw = {name: query.get(name, "").replace("\0", "") for name in _FIELDS}
    written = {name: text[:_LONGEST].strip() for name, text in raw.items()}
    since, until = read_date(written["from"]), read_date(written["to"])
    texts = {name: written[name] for name in ("words", "section", "publisher", "status")}
    question = Question(**texts, since=since, until=until)
    page = query.get("page", "")
    problems = [
        FieldError(
            name,
            _("“{words}” is not a valid date.", words=written[name]),
            _("Write it like 2026-03-12"),
        )
        for name, day in (("from", since), ("to", until))
        if written[name] and day is None
    ]
    if since and until and since > until:
        words = _("The last day is before the first."), _("Choose a later day")
        problems.append(FieldError("to", *words))
    return ArchiveQuery(
        written,
        question,
        tuple(problems),
        min(int(page), _MOST_PAGES) if _NUMBER.fullmatch(page) else 1,
        read_month(query.get("month", "")),
    )


def wider(asked: ArchiveQuery) -> tuple[tuple[str, Question, str], ...]:
    """Return wider searches: label, question and path.

    The most promising come first: any date, any section, then each word alone.
    """
    question = asked.question
    questions: list[tuple[str, Question, str]] = []
    if question.since or question.until:
        free = replace(question, since=None, until=None)
        questions.append((_("Any date"), free, asked.path(**{"from": "", "to": ""})))
    names = {
        "section": _("All sections"),
        "publisher": _("All publishers"),
        "status": _("Any status"),
    }
    changes = [(label, name, "") for name, label in names.items() if getattr(question, name)]
    each = words_of(question.words)
    for word in each if len(each) > 1 else ():
        changes += [(_("Only “{word}”", word=word), "words", f'"{word}"' if " " in word else word)]
    for label, name, value in changes:
        changed: dict[str, Any] = {name: value}
        questions.append((label, replace(question, **changed), asked.path(**changed)))
    return tuple(questions)


def nothing_found(asked: ArchiveQuery, *, heading: Callable[[str], str]) -> str:
    """Return the sentence for a search without results."""
    question = asked.question
    words = [say().quoted.format(word) for word in words_of(question.words)]
    parts = [_("No printed sentence")]
    if question.section:
        parts.append(_("in {section}", section=heading(question.section)))
    if question.publisher:
        parts.append(_("from {publisher}", publisher=question.publisher))
    if question.status:
        parts.append(_("of a {status} story", status=_(question.status)))
    if len(words) == 2:
        parts.append(_("has both {first} and {last}", first=words[0], last=words[1]))
    elif words:
        listed = f" {say().both} ".join(filter(None, (", ".join(words[:-1]), words[-1])))
        parts.append(_("has {words}", words=listed))
    else:
        parts.append(_("was found"))
    for day, how in ((question.since, _("since {day}")), (question.until, _("up to {day}"))):
        if day:
            parts.append(how.format(day=say().day(day, say().date_of_year)))
    return f"{' '.join(parts)}."


def marked(text: str, words: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    """Split a text into matching and other parts, at word boundaries.

    Words are folded, as :func:`briefing.store.archive.words_of` returns them.
    """
    folded, places = _folded(text) if words else ("", [])
    hit = [False] * (len(text) + 1)
    for word in words:
        start = folded.find(word)
        while start >= 0:
            first, last = places[start], places[start + len(word) - 1]
            hit[first : last + 1] = [True] * (last + 1 - first)
            start = folded.find(word, start + len(word))
    runs = groupby(zip(_whole_words(text, hit), text, strict=True), key=lambda pair: pair[0])
    return tuple(("".join(letter for _, letter in run), is_hit) for is_hit, run in runs)


#: A page has few distinct characters, and each takes a microsecond or more to fold.
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


def month_of(tx: Transaction, context: WebContext, day: date, *, today: date) -> dict[str, object]:
    """Return the month of a day for the template, in weeks from Monday."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    there = archive.days(tx, context.briefing, first=first, last=last)
    reviews = archive.days(tx, weekly(context.briefing), first=first, last=last)
    # The days of further editions, by name.
    further: dict[str, list[date]] = {}
    every = archive.every(tx, context.briefing, first=first, last=last)
    for name, each, _number in reversed(every):
        further.setdefault(name, []).append(each)
    further.pop("", None)
    before = archive.neighbours(tx, context.briefing, first)[0]
    after = archive.neighbours(tx, context.briefing, last)[1]
    begun = first if before else min(there, default=last)
    reached = last if after else max(there, default=first)
    workdays = context.timetable.days if context.timetable else range(7)
    days = [first + timedelta(days=number) for number in range(last.day)]
    missed: dict[str, list[date]] = {}
    for each in days:
        if each not in there and begun <= each <= reached and each.weekday() in workdays:
            missed.setdefault(why_none(tx, context, each), []).append(each)

    return {
        "printed": there,
        "today": today,
        # Days that lack an edition that was due.
        "missed": [*chain(*missed.values())],
        "first": first,
        "weeks": Calendar().monthdatescalendar(first.year, first.month),
        "notes": [_note(late, why) for why, late in missed.items()],
        # Days of the nearest months with editions.
        "near": (before, after),
        "capitalized": capitalized,
        "reviews": reviews,
        "further": further,
    }


def _note(days: list[date], why: str) -> str:
    """Return that days have no edition, and why, in words."""
    why = f"{why[:1].lower()}{why[1:]}"
    if len(days) == 1:
        return _("{day} has no edition: {why}", day=long_date(days[0]), why=why)
    numbers = ", ".join(say().day(day, say().day_alone) for day in days[:-1])
    last = say().day(days[-1], say().month_day)
    return _("{days} have no edition: {why}", days=f"{numbers} {say().both} {last}", why=why)
