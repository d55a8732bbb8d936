"""PURE: days, moments and zones in words, and the fixed wording of editions and mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from types import MappingProxyType
from zoneinfo import ZoneInfo

from briefing.core.model import Document, Edition, Preferences


@dataclass(frozen=True, slots=True)
class Phrases:
    """The fixed wording of mails in one language; ``{name}`` is the name of the briefing."""

    creed: str
    #: Before a number.
    edition: str
    on_the_web: str
    #: Before the address of the edition: with the whole text, and with headlines only.
    each_in_its_source: str
    whole_page: str
    contents: str
    #: Above stories that are named: by the page of a day, and of a week.
    also_today: str
    also_this_week: str
    figures: str
    in_their_words: str
    ahead: str
    #: Above the desk's own words, and behind who signed them.
    desk_note: str
    desk_words: str
    #: Above corrections, and the headline of an edition with nothing else.
    corrections: str
    correction: str
    #: Above words of a stored edition that have changed since.
    amended: str
    sources: str
    #: What the marks mean, where bold shows and in plain text.
    marks: str
    plain_marks: str
    #: In place of a publisher.
    unnamed: str
    ledger: str
    #: Before the subscriber's address.
    why: str
    change: str
    leave: str
    #: Status words by status.
    status: Mapping[str, str]
    #: Of the confirmation: subject, sentence with ``{when}``, button, and the text below it.
    confirm_subject: str
    confirm: str
    confirm_button: str
    confirm_by_address: str
    #: With ``{until}``.
    confirm_until: str
    #: With ``{address}``.
    confirm_not_you: str
    #: With ``{days}``, ``{at}`` and ``{place}``.
    when: str
    every_day: str
    workdays: str
    #: Before a list of days.
    on: str
    #: Between the last two of them.
    both: str
    weekdays: tuple[str, ...]
    #: A time of a zone, with ``{city}``.
    city_time: str


_ENGLISH = Phrases(
    creed="Every sentence is printed word for word from the source it cites.",
    edition="Edition",
    on_the_web="On the web",
    each_in_its_source="Each sentence in its source:",
    whole_page="Full edition, each sentence with its source:",
    contents="Contents",
    also_today="Also today",
    also_this_week="Also this week",
    figures="Figures",
    in_their_words="In their words",
    ahead="Ahead",
    desk_note="Note of the desk",
    desk_words="the desk’s own words, not a source’s",
    corrections="Corrections",
    correction="Correction to an earlier edition",
    amended="Changed since it was printed",
    sources="Sources",
    marks="Bold: source quoted. +: also reported by.",
    plain_marks="First number: source quoted. +: also reported by.",
    unnamed="no publisher named",
    ledger="Ledger",
    why="You receive this because this address is subscribed to {name}:",
    change="Change time or sections",
    leave="Unsubscribe",
    status=MappingProxyType(
        {"new": "New", "undated": "Undated", "developing": "Developing", "continuing": "Continuing"}
    ),
    confirm_subject="Confirm {name}",
    confirm="Confirm that you want {name} {when}.",
    confirm_button="Confirm",
    confirm_by_address="Or open this address:",
    confirm_until="The link is valid until {until}.",
    confirm_not_you=(
        "Someone, probably you, entered the address {address} on our page. If it was not you, do "
        "nothing: you will not hear from us again."
    ),
    when="{days} at {at}, {place}",
    every_day="every day",
    workdays="Monday to Friday",
    on="on",
    both="and",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    city_time="{city} time",
)
_BY_LANGUAGE: Mapping[str, Phrases] = MappingProxyType({"en": _ENGLISH})


def phrases(language: str) -> Phrases:
    """Return the wording in a language, or in English if there is none."""
    return _BY_LANGUAGE.get(language, _ENGLISH)


def title_date(edition: Edition) -> str:
    """Return the day of an edition, or its week as "The week, 6 to 12 April 2026"."""
    day = edition.day
    if edition.week is None:
        return long_date(day)
    first = edition.week.first
    year = "" if first.year == day.year else f" {first.year}"
    month = "" if (first.year, first.month) == (day.year, day.month) else f" {first:%B}"
    return f"The week, {first.day}{month}{year} to {day.day} {day:%B %Y}"


def long_date(day: date) -> str:
    """Format a day as "Thursday 12 March 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_date(day: date) -> str:
    """Format a day as "Fri 13 March"."""
    return f"{day:%a} {day.day} {day:%B}"


def dates(document: Document, *, zone: tzinfo, day: date) -> str:
    """Return when a report was published and collected, the shared date only once."""
    parts: list[str] = []
    published: date | None = None
    if document.published is not None:
        local = document.published.astimezone(zone)
        parts.append(f"published {short_moment(local, day=day, timed=document.timed)}")
        published = local.date() if document.timed else None
    if document.collected is not None:
        local = document.collected.astimezone(zone)
        when = f"{local:%H:%M}" if local.date() == published else short_moment(local, day=day)
        parts.append(f"collected {when}")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def short_moment(local: datetime, *, day: date, timed: bool = True) -> str:
    """Return a moment as "Wed 11 March, 19:20"; the year only if it is not that of ``day``."""
    year = "" if local.year == day.year else f" {local.year}"
    return f"{short_date(local.date())}{year}" + (f", {local:%H:%M}" if timed else "")


_EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
_WORKDAYS = (0, 1, 2, 3, 4)
_ENGLISH_WORDING = phrases("en")


def place(zone: str, *, say: Phrases = _ENGLISH_WORDING) -> str:
    """Say whose time a zone is: "Zurich time" for Europe/Zurich; UTC is its own name."""
    city = city_of(zone)
    return say.city_time.format(city=city) if "/" in zone else city


def city_of(zone: str) -> str:
    """Return the last part of a zone's name, as people write it."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def often(preferences: Preferences, *, say: Phrases = _ENGLISH_WORDING) -> str:
    """Say when the mail comes, as in "every day at 07:00, Zurich time"."""
    return say.when.format(
        days=_days(preferences.days, say),
        at=f"{preferences.at:%H:%M}",
        place=place(preferences.zone, say=say),
    )


def moment(at: datetime, *, zone: str, say: Phrases = _ENGLISH_WORDING) -> str:
    """Say a moment as in "Saturday 14 March 2026, 09:12, Zurich time"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{long_date(local.date())}, {local:%H:%M}, {place(zone, say=say)}"


def day(at: datetime, *, zone: str) -> str:
    """Say the day of a moment as in "Saturday 14 March 2026"."""
    return long_date(at.astimezone(ZoneInfo(zone)).date())


def next_mail(preferences: Preferences, *, now: datetime) -> str:
    """Say when the next mail is due by the preferences alone."""
    zone = ZoneInfo(preferences.zone)
    today = now.astimezone(zone).date()
    dates = (today + timedelta(days=ahead) for ahead in range(8))
    due = (_on(date, preferences.at, zone) for date in dates if date.weekday() in preferences.days)
    first = next(moment for moment in due if moment > now).astimezone(zone)
    return f"{long_date(first.date())} at {preferences.at:%H:%M}, {place(preferences.zone)}"


def _on(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _days(days: tuple[int, ...], say: Phrases) -> str:
    if days == _EVERY_DAY:
        return say.every_day
    if days == _WORKDAYS:
        return say.workdays
    *others, last = (say.weekdays[day] for day in days)
    return f"{say.on} {', '.join(others)} {say.both} {last}" if others else f"{say.on} {last}"
