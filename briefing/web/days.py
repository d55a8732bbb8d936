"""Days: previous and next editions, why a day has none, the diary, the archive and its calendar."""

import re
from calendar import Calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from itertools import chain, groupby, islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from briefing.app.ledger import outcomes
from briefing.core.model import Ending, Step, digest, edition_of, path_of, place_of, weekly
from briefing.core.schedule import Timetable, next_edition, publish_at, zone
from briefing.press.wording import _, capitalized, long_date, say, short_date
from briefing.store import Transaction, archive, editions, runs, sources, withdrawals
from briefing.store.archive import Question, fold, words_of
from briefing.web.context import WebContext
from briefing.web.forms import FieldError, FieldErrors, near, read_date, read_month
from briefing.web.request import WebRequest
from briefing.web.stored import anchors_in, cacheable, public_page

#: Most publish runs searched for a day.
_RUNS = 200
#: Why there is no edition, by how the last publish run ended.
_WHY = {
    Ending.EMPTY: "There was nothing to print.",
    Ending.BLIND: "The sources could not be read.",
    Ending.FAILED: "It could not be made.",
}


class Around(NamedTuple):
    """The editions before and after a day."""

    before: date | None
    after: date | None
    #: If there is no later edition yet: "Fri 13 March comes at 06:30"; may be empty.
    coming: str
    #: Prefix of their days in addresses.
    path: str = ""


class Coming(NamedTuple):
    """The next expected edition: its day, its local time, and whether that has passed."""

    day: date
    time: str
    overdue: bool


def around(tx: Transaction, context: WebContext, day: date, *, series: str = "") -> Around:
    """Return the editions before and after a day; ``series`` is empty for first editions."""
    if series:
        place = path_of(edition_of(series), day).removesuffix(f"{day}")
        return Around(*archive.neighbours(tx, series, day), "", place)
    before, after = archive.neighbours(tx, context.briefing, day)
    if after:
        return Around(before, after, "")
    waited = coming(context.timetable, after=day, at=context.clock())
    return Around(before, after, _when(short_date(waited.day), waited))


def _when(which: str, waited: Coming) -> str:
    """Return when an edition comes or was due: "Today’s edition comes at 06:30"."""
    words = _("{which} was due at {time}") if waited.overdue else _("{which} comes at {time}")
    return words.format(which=which, time=waited.time)


def coming(timetable: Timetable, *, after: date | None, at: datetime) -> Coming:
    """Return the next edition after a day, or after now if no day is given.

    An overdue edition is expected while it may still be made; after that, the next one is.
    """
    day, due = next_edition(timetable, after=at)
    if after:
        midnight = datetime.combine(after, time.max, zone(timetable.zone) or UTC)
        first = next_edition(timetable, after=midnight)
        day, due = first if first[1] + timetable.patience >= at else (day, due)
    return _coming(timetable, day, due, at=at)


def why_none(tx: Transaction, context: WebContext, day: date) -> str:
    """Return one sentence on why a day has no edition."""
    table = context.timetable
    if withdrawals.on(tx, context.briefing, day):
        return _("It was withdrawn.")
    if day in table.holidays:
        return _("It is a holiday.")
    if day.weekday() not in table.days:
        return _("There is no edition on {weekday}s.", weekday=say().day(day, "{weekday}"))
    ended = publishing_ended(tx, context, day)
    first = archive.neighbours(tx, context.briefing, day)[0]
    if ended in _WHY:
        return _(_WHY[ended])
    return _("No edition was published that day.") if first else _("The first edition came later.")


def publishing_ended(tx: Transaction, context: WebContext, day: date) -> Ending | None:
    """Return how the last publish run of a day ended; None if there was none or it is not over."""
    done = runs.recent(tx, context.briefing, limit=_RUNS, step=Step.PUBLISH)
    return next((run.ending for run in done if run.day == day and run.ending), None)


def awaited(table: Timetable, day: date, *, at: datetime) -> Coming | None:
    """Return when the edition of a day comes, if it may still come."""
    due = publish_at(table, day)
    if due is None or due + table.patience < at:
        return None
    return _coming(table, day, due, at=at)


def _coming(table: Timetable, day: date, due: datetime, *, at: datetime) -> Coming:
    local = due.astimezone(zone(table.zone) or UTC)
    return Coming(day, f"{local:%H:%M}", overdue=due <= at)


#: How far back to count collected reports when there is no earlier edition.
_FIRST = timedelta(hours=24)


def nothing_yet(request: WebRequest) -> Response:
    """Show that nothing was printed yet, and when the first page is due."""
    return _awaited(request, coming(request.context.timetable, after=None, at=request.at))


def on(request: WebRequest, day: date) -> Response:
    """Show when the edition of a day is due, or why there is none (404).

    It does not reveal whether a draft waits for its release.
    """
    context = request.context
    waited = awaited(context.timetable, day, at=request.at)
    with request.read() as tx:
        why, ended = why_none(tx, context, day), publishing_ended(tx, context, day)
    if waited and ended is not Ending.EMPTY:
        return _awaited(request, waited, status=404)
    title = _("No edition for {day}", day=long_date(day))
    return _missing(request, day, state=_("No edition"), status=404, title=title, lede=why)


def withdrawn(request: WebRequest, withdrawal: withdrawals.Withdrawal) -> Response:
    """Show when and why the edition of a day was withdrawn (410)."""
    lede = _(
        "It was withdrawn on {day}.",
        day=long_date(withdrawal.at.astimezone(request.context.clocks).date()),
    )
    if withdrawal.reason:
        lede = f"{lede.removesuffix('.')}{say().colon}{withdrawal.reason}"
    title = _("The edition of {day} was withdrawn", day=long_date(withdrawal.day))
    state = _("Withdrawn")
    return _missing(request, withdrawal.day, state=state, status=410, title=title, lede=lede)


def _awaited(request: WebRequest, waited: Coming, *, status: int = 200) -> Response:
    """Show when a page comes; with status 200, it is the very first."""
    context, is_first = request.context, status == 200
    collected = request.look(_collected, context, at=request.at)
    is_today = waited.day == context.today
    which = _("The edition of {day}", day=short_date(waited.day))
    title = _when(_("Today’s edition") if is_today else which, waited)
    what = _(
        "This site will publish one page of news a day. Every sentence on it is printed word for "
        "word from the source it cites, and one click leads to that source."
    )
    links = ((("/subscribe", _("Get it by mail")),) if context.signs_up else ()) + (
        (("/about", _("How an edition is made")),) if is_first else ()
    )
    words = {"lede": what, "note": collected} if is_first else {"lede": collected}
    about = {"state": _("No edition yet"), "status": status, "title": title, "current": "today"}
    return _missing(request, waited.day, links, **about, **words)


def _missing(
    request: WebRequest,
    day: date,
    links: tuple[tuple[str, str], ...] = (),
    **about: Any,  # noqa: ANN401  what the page shows
) -> Response:
    context = request.context
    near = request.look(around, context, day)
    beside = (there for there in (near.before, near.after) if there is not None)
    how = say().weekday_date
    own = ((f"/{day}", _("Read {day}", day=say().day(day, how))) for day in beside)
    links = (*own, *(links or (("/archive", _("Archive")),)))
    return request.site.page(
        "missing", day=capitalized(long_date(day)), links=links, **{"note": "", **about}
    )


def _collected(tx: Transaction, context: WebContext, *, at: datetime) -> str:
    """Describe what was collected since the last edition."""
    last = editions.current(tx, context.briefing, context.today)
    since = last.until if last else at - _FIRST
    done = [run for run in runs.since(tx, context.briefing, since) if run.step is Step.COLLECT]
    complete = [run for run in done if run.figures.get("sources")]
    if not complete:
        begun = done and sources.active(tx)
        return _("Collecting has begun.") if begun else _("Nothing has been collected for it yet.")
    fresh = sum(run.figures.get("fresh", 0) for run in complete)
    asked, failing = (complete[-1].figures.get(name, 0) for name in ("sources", "failing"))
    first, newest = (run.began.astimezone(context.clocks) for run in (complete[0], complete[-1]))
    began = f"{short_date(first.date())}, {first:%H:%M}"
    return _(
        "Collected since {began}: {reports}. At {time}, {answered} of {sources} had responded.",
        began=began,
        reports=say().counted(fresh, "report"),
        time=f"{newest:%H:%M}",
        answered=asked - failing,
        sources=say().counted(asked, "feed"),
    )


#: How long announcements are kept, and how long past days are shown.
_REMEMBERED, _PAST = timedelta(days=365), timedelta(days=14)


def page(request: WebRequest) -> Response:
    """Show the days ahead, then the days just past."""
    context = request.context
    entries, paths = _entries(context)
    with request.read() as tx:
        became = outcomes(tx, context.briefing, entries, today=context.today)
        names = {brief.edition for brief in became.values() if brief}
        records = editions.records_of(tx, names)

    days = [(day, list(group)) for day, group in groupby(entries, key=lambda entry: entry.day)]
    return public_page(
        request,
        "diary",
        current="diary",
        days=days,
        paths=paths,
        # For a past day: the edition that reported the event, if any.
        became={
            entry: brief and (brief, _path(records, brief.edition, brief.brief))
            for entry, brief in became.items()
        },
    )


def feed(request: WebRequest) -> Response:
    """Return the same as a calendar (RFC 5545), each announcement as an all-day event."""
    # Importing it takes half a second.
    from icalendar import Calendar, Event  # noqa: PLC0415

    context = request.context
    entries, paths = _entries(context)
    calendar = Calendar()
    calendar.add("prodid", "-//Briefing//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _clean(context.settings.name))
    for entry in entries:
        event = Event()
        # A stable id, so that calendars do not show an event twice.
        same = digest(f"{entry.day} {entry.words}")[:32]
        event.add("uid", f"{same}@{context.briefing}")
        event.add("dtstamp", entry.made)
        event.add("dtstart", entry.day)
        event.add("transp", "TRANSPARENT")
        event.add("summary", _clean(entry.words))
        event.add("description", _clean("; ".join((entry.headline, *entry.publishers))))
        event.add("url", f"{context.web}{paths[entry]}")
        calendar.add_component(event)
    kind = {"Content-Type": "text/calendar; charset=utf-8"}
    return cacheable(request, Response(calendar.to_ical(), headers=kind))


def _entries(
    context: WebContext,
) -> tuple[Sequence[archive.Announcement], Mapping[archive.Announcement, str]]:
    """Return the announcements by day, and where each is printed."""
    today = context.today
    with context.store.read() as tx:
        every = archive.announced(tx, context.briefing, since=today - _REMEMBERED, upto=today)
        entries = [entry for entry in every if entry.day >= today - _PAST]
        records = editions.records_of(tx, {entry.edition for entry in entries})
    return entries, {entry: _path(records, entry.edition, entry.brief) for entry in entries}


def _path(records: Mapping[str, str], edition: str, brief: int) -> str:
    anchors = anchors_in(records[edition], edition)
    return f"/{place_of(edition)}{f'#{anchors[brief]}' if brief < len(anchors) else ''}"


def _clean(text: str) -> str:
    """Return a text on one line, without control characters and unencodable characters."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


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
        sections=dict.fromkeys([*context.settings.printed, *filter(None, [question.section])]),
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
    workdays = context.timetable.days
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
