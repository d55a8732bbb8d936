"""Days, moments and zones in words, and the fixed wording of editions and mails."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from briefing.core.language import LANGUAGES, Language, Phrases, in_language, spoken
from briefing.core.model import Document, Edition, Letterhead, Preferences, slot_title
from briefing.core.schedule import Timetable, next_due


def phrases(language: str) -> Phrases:
    """Return the wording in a language, or in English if there is none."""
    return Language.of(language if language in LANGUAGES else "en").page


#: The reader's language for the text around the news; empty for the language of the news.
_CHOSEN: ContextVar[str] = ContextVar("wording", default="")


@contextmanager
def worded_in(code: str) -> Iterator[None]:
    """Set the language of the text around the news; empty for the language of the news."""
    before = _CHOSEN.set(code)
    try:
        yield
    finally:
        _CHOSEN.reset(before)


def worded() -> str:
    """Return the language of the text around the news: the reader's, else that of the news."""
    code = _CHOSEN.get() or spoken().code
    return code if code in LANGUAGES else "en"


def say() -> Phrases:
    """Return the wording in the language of :func:`worded`."""
    return phrases(worded())


def path_in(language: str, *, usual: str) -> str:
    """Return the prefix of page paths in a language; empty for the ``usual`` one."""
    return "" if language == usual else f"/{language}"


def translate(message: str, /, **values: object) -> str:
    """Return a message, given in English, in the language of :func:`say`, with its values."""
    words = say().messages.get(message, message)
    return words.format(**values) if values else words


#: Its short name in code, by which messages are recognized.
_ = translate


def label_of(letterhead: Letterhead, section: str) -> str:
    """Return the label of a section; a language's usual label appears in the reader's language."""
    label = dict(letterhead.labels).get(section, "")
    usual = {phrases(code).sections.get(section, "") for code in LANGUAGES if _CHOSEN.get()}
    return say().sections.get(section, "") if label in usual else label


def in_each(write: Callable[[], str]) -> Mapping[str, str]:
    """Return what ``write`` returns in each language, by language code."""
    written = {}
    for code in LANGUAGES:
        with worded_in(code):
            written[code] = write()
    return written


class Saying:
    """The wording in the current language, for templates."""

    def __getattr__(self, entry: str) -> object:
        """Return an entry."""
        return getattr(say(), entry)


@in_language(lambda edition: edition.language)
def title_date(edition: Edition) -> str:
    """Return the day of an edition, or its week as "The week, 6 to 12 April 2026".

    A further edition has its name first: "Evening, Thursday 12 March 2026".
    """
    day = edition.day
    if edition.week is None:
        return capitalized(f"{slot_title(edition.slot)}{long_date(day)}")
    first, words = edition.week.first, say()
    how = words.month_day if first.year == day.year else words.date_of_year
    how = words.day_alone if (first.year, first.month) == (day.year, day.month) else how
    return with_days(
        words.the_week, first=words.day(first, how), last=words.day(day, words.date_of_year)
    )


def with_days(text: str, **days: str) -> str:
    """Return a text with days, before which an article may be elided: "dall’8 al 14"."""
    return say().elided.sub(say().elided_as, text.format(**days))


def long_date(day: date) -> str:
    """Format a day as "Thursday 12 March 2026"."""
    return say().day(day, say().long_date)


def short_date(day: date) -> str:
    """Format a day as "Fri 13 March"."""
    return say().day(day, say().short_date)


def short_day(day: date) -> str:
    """Format a day as "13 Mar"."""
    return say().day(day, say().short_month_day)


def dated(day: date) -> str:
    """Format a day as "Fri 13 March 2026"."""
    return say().day(day, say().medium_date)


def dates(document: Document, *, zone: tzinfo, day: date) -> str:
    """Return when a report was published and collected; a shared date is given once."""
    parts: list[str] = []
    published: date | None = None
    if document.published is not None:
        local = document.published.astimezone(zone)
        when = short_moment(local, day=day, timed=document.timed)
        parts.append(translate("published {when}", when=when))
        published = local.date() if document.timed else None
    if document.collected is not None:
        local = document.collected.astimezone(zone)
        when = f"{local:%H:%M}" if local.date() == published else short_moment(local, day=day)
        parts.append(translate("collected {when}", when=when))
    return capitalized(say().semicolon.join(parts))


def capitalized(text: str) -> str:
    """Capitalize the first letter of a text."""
    return text[:1].upper() + text[1:]


def short_moment(local: datetime, *, day: date, timed: bool = True) -> str:
    """Format a moment as "Wed 11 March, 19:20"; with the year only if it differs from ``day``."""
    words = (short_date if local.year == day.year else dated)(local.date())
    return words + (f", {local:%H:%M}" if timed else "")


_EVERY_DAY = tuple(range(7))
_WORKDAYS = _EVERY_DAY[:5]


def place(zone: str) -> str:
    """Name the local time of a zone: "Zurich time" for Europe/Zurich; UTC keeps its name."""
    city = city_of(zone)
    return say().city_time.format(city=city) if "/" in zone else city


def city_of(zone: str) -> str:
    """Return the usual name of a zone's city; in English the last part of the zone's name."""
    cities = {} if worded() == "en" else _cities(worded())
    return cities.get(zone) or zone.rsplit("/", 1)[-1].replace("_", " ")


@cache
def _cities(language: str) -> Mapping[str, str]:
    """Return the cities whose name in the CLDR differs from that in the zone."""
    from babel import Locale  # noqa: PLC0415  English needs none
    from babel.core import get_global  # noqa: PLC0415

    known = Locale.parse(language).time_zones.items()
    older = {zone: own["city"] for zone, own in known if own.get("city")}
    newer = get_global("zone_aliases")
    return {newer.get(zone, zone): city for zone, city in older.items()}


def often(preferences: Preferences) -> str:
    """Say when the mail comes: "every day at 07:00, Zurich time"."""
    return say().when.format(
        days=_days(preferences.days), at=f"{preferences.at:%H:%M}", place=place(preferences.zone)
    )


def moment(at: datetime, *, zone: str) -> str:
    """Format a moment as "Saturday 14 March 2026, 09:12, Zurich time"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{long_date(local.date())}, {local:%H:%M}, {place(zone)}"


def day(at: datetime, *, zone: str) -> str:
    """Format the day of a moment as "Saturday 14 March 2026"."""
    return long_date(at.astimezone(ZoneInfo(zone)).date())


def next_mail(preferences: Preferences, *, now: datetime, timetable: Timetable) -> str:
    """Say when the next mail is due, from the times of the chosen editions or the preferences."""
    zone = ZoneInfo(preferences.zone)
    chosen = next_due(preferences, timetable, now=now) if preferences.editions else None
    today = now.astimezone(zone).date()
    dates = (today + timedelta(days=ahead) for ahead in range(8))
    due = (
        datetime.combine(date, preferences.at, zone).astimezone(UTC)
        for date in dates
        if date.weekday() in preferences.days
    )
    first = (chosen or next(moment for moment in due if moment > now)).astimezone(zone)
    at = first.time() if chosen else preferences.at
    words = {"day": long_date(first.date()), "time": f"{at:%H:%M}"}
    return translate("{day} at {time}, {place}", **words, place=place(preferences.zone))


def _days(days: tuple[int, ...]) -> str:
    words = say()
    if days == _EVERY_DAY:
        return words.every_day
    if days == _WORKDAYS:
        return words.workdays
    *others, last = (words.weekdays[day] for day in days)
    return f"{words.on} {', '.join(others)} {words.both} {last}" if others else f"{words.on} {last}"
