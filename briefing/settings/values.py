"""Checks of values beyond type and limits; settings of lists, such as watch-lists, and of times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from briefing.core.glyphs import are_held, is_settable
from briefing.core.language import LANGUAGES
from briefing.core.messages import Translatable
from briefing.core.model import FIRST, LONGEST_LABEL, WEEK, ReleaseRule, Step, WatchEntry, WatchList
from briefing.core.schedule import Timetable, clock_time, zone, zone_near
from briefing.core.text.watch import folded_words


def checked_line(value: str) -> str:
    """Return a line; raise ValueError if it has control characters."""
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError(Translatable("must be one line without control characters"))
    return value


def printable(value: str) -> str:
    """Return a name of a section; raise ValueError if it cannot be printed."""
    settable = is_settable(value, longest=LONGEST_LABEL) and are_held(value.upper())
    if value and (value != value.strip() or not settable):
        raise ValueError(
            Translatable(
                "must be words of at most 30 characters in Latin, Greek or Cyrillic script, "
                "without spaces around them"
            )
        )
    return value


def spoken(code: str) -> str:
    """Return a language code; raise ValueError if the language has no table."""
    if code not in LANGUAGES:
        raise ValueError(f"must be a language that Briefing can read: {', '.join(LANGUAGES)}")
    return code


#: Most entries of a list.
_MOST = 5_000


def aliases(words: str) -> list[str]:
    """Return the words that stand for the same entry."""
    return [part.strip() for part in words.split("|")]


def watchable(value: str) -> str:
    """Return an entry; raise ValueError if a part of it has neither a letter nor a digit."""
    if not all(map(folded_words, aliases(checked_line(value)))):
        raise ValueError(
            Translatable(
                '"{words}": each part between "|" must have a letter or a digit', words=value[:40]
            )
        )
    return value


def few(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the entries of a list; raise ValueError if there are none or too many."""
    if not 0 < len(value) <= _MOST:
        raise ValueError(
            Translatable(
                "must be 1 to {most} words or phrases; there are {n}", most=_MOST, n=len(value)
            )
        )
    return value


class Table(BaseModel):
    """A table of settings, none of them unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: object) -> object:
        # Neither file names nor PostgreSQL columns can contain NUL.
        if isinstance(value, str) and "\0" in value:
            raise ValueError(Translatable("must not contain the character U+0000"))
        return value


ONE_LINE = AfterValidator(checked_line)
Line = Annotated[str, ONE_LINE]
NonEmpty = Annotated[str, Field(min_length=1)]
#: Text before and after an @; only a mail can show whether an address exists.
MailAddress = Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")]
PRINTABLE = AfterValidator(printable)


class WatchSettings(Table):
    """What is watched for: people, places, organizations, phrases."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,29}$", examples=["southern-africa"])]
    """Name of the list in commands and addresses: up to 30 lowercase letters, digits and hyphens,
    starting with a letter."""
    words: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=400), AfterValidator(watchable)], ...],
        AfterValidator(few),
        Field(examples=[("Nambuda", "Mozambique|Moçambique")]),
    ]
    """What is watched for, whole words in any script; other words for the same follow after "|".
    Case and accents written apart do not matter."""
    label: Annotated[
        str, Field(max_length=LONGEST_LABEL, examples=["Southern Africa"]), ONE_LINE, PRINTABLE
    ] = ""
    """Name as readers see it if they may choose the list, in Latin, Greek or Cyrillic script;
    empty: `name`."""
    pull: bool = False
    """Whether a story that names one of the words in a title, or in the opening of a report, is
    printed before others, also if it belongs to no section; without room it is named."""
    alert: Annotated[int, Field(ge=0, le=100)] = 0
    """Publishers that report a new story between two editions and name one of the words in a title
    or an opening before an alert about it is sent at once; 0: none is sent."""
    alert_mail: tuple[MailAddress, ...] = ()
    """Mail addresses that get these alerts; empty: those of alerts.mail and alerts.webhook."""
    publishers: tuple[Annotated[str, Field(min_length=1, max_length=200), ONE_LINE], ...] = ()
    """Publishers whose reports are searched, as they are printed, such as "Port Authority"; empty:
    all. With `alert = 1`, an alert is sent as soon as one of them names an entry."""
    offer: bool = False
    """Whether readers may choose the list: then its label is on the form where they choose and at
    stories that name one of the words, and what names one is on their page, whatever its section.
    Otherwise the list is the desk's own, and nothing of it is shown to readers."""

    @property
    def watched(self) -> WatchList:
        """The list in the type of the core."""
        entries = (WatchEntry(first, tuple(others)) for first, *others in map(aliases, self.words))
        return WatchList(
            *(self.name, tuple(entries), self.label, self.pull, self.alert, self.offer),
            frozenset(self.publishers),
        )


#: A domain, or "*." and the domain whose subdomains are meant.
DOMAIN = re.compile(r"(?:\*\.)?[^\s@*.]+(?:\.[^\s@*.]+)+")


class ChannelSettings(Table):
    """Where editions also go as messages: to chat services (Apprise) and as signed webhooks."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,29}$", examples=["press-room"])]
    """Name in lists and messages: up to 30 lowercase letters, digits and hyphens, starting with a
    letter. A channel of another name is another channel."""
    address: Annotated[
        str, Field(min_length=1, examples=["https://intranet.example/hooks/briefing"]), ONE_LINE
    ]
    """Web address of a webhook ("https://…", or "http://…" to this machine), which gets the record
    as JSON; outside the public internet, collect.allow_hosts must allow it. Or that of a service
    as Apprise writes it, such as "ntfys://{secret}@ntfy.example/desk" (install
    `briefing[channels]`); {secret} is filled in as it is, and may be the whole address."""
    secret_file: Annotated[str, Field(examples=["press-room.secret"])] = ""
    """File whose only line is the secret, relative to the settings file; nobody else may read it.
    A webhook needs one, "whsec_" and base64 of 24 bytes or more, by which it is signed."""
    watch: tuple[str, ...] = ()
    """Watch-lists whose alerts go there as well."""
    readers: tuple[NonEmpty, ...] = ()
    """Readers who see what goes there: mail addresses, domains such as "ministry.example", or
    "*.ministry.example" for every domain below it."""
    in_place_of_mail: bool = False
    """Whether these readers are not mailed an edition that the channel has got; if it cannot be
    sent there, they are mailed it."""

    @property
    def is_webhook(self) -> bool:
        """Whether it gets the record itself."""
        return self.address.casefold().startswith(("https:", "http:"))

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        # The wrong value may be secret, so it is not repeated.
        if self.is_webhook and not self.secret_file:
            raise ValueError("secret_file must name the secret by which a webhook is signed")
        if self.is_webhook and "{secret}" in self.address:
            raise ValueError("address must not contain {secret}: a webhook is signed with it")
        if not self.is_webhook and bool(self.secret_file) != ("{secret}" in self.address):
            raise ValueError("address must contain {secret} if there is a secret, and only then")
        if any(DOMAIN.fullmatch(each.rpartition("@")[2]) is None for each in self.readers):
            raise ValueError('readers must be like "a@ministry.example" or "*.gov.example"')
        if self.in_place_of_mail and not self.readers:
            raise ValueError("readers must name those whose mail it replaces")
        return self


_Word = Annotated[str, Field(min_length=1, max_length=40)]


class SectionSettings(Table):
    """The sections, in printed order."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9 -]{0,29}$", examples=["trade"])]
    """Name as the classifier gives it: up to 30 lowercase letters, digits, spaces and hyphens,
    starting with a letter."""
    words: Annotated[
        tuple[_Word, ...], Field(examples=[("tariff", "central bank", "trade deal")])
    ] = ()
    """Words and phrases that define the section; up to 40 characters each. With a trained
    classifier they count beside it, also for a section that it does not know."""
    label: Annotated[
        str, Field(max_length=LONGEST_LABEL, examples=["Trade and finance"]), ONE_LINE, PRINTABLE
    ] = ""
    """Name as printed on the page, in mails and on the web, in Latin, Greek or Cyrillic script;
    empty: `name`."""
    model: Line = ""
    """A model file of this section alone, made by `briefing train section` or on the page
    "Sections" of the administration, relative to the settings file; it works beside a trained
    classifier."""


def _as_clock(value: object) -> object:
    """Return a time of day, optionally after a weekday, as HH:MM."""
    if not isinstance(value, str):
        return value
    day = 4 * value[:1].isalpha()
    return value[:day] + (clock_time(value[day:]) or value[day:])


_AsClock = BeforeValidator(_as_clock)
_Clock = Annotated[str, _AsClock, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
_Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_WEEK = get_args(_Weekday)


class ScheduleSettings(Table):
    """When `briefing serve` collects and publishes."""

    at: _Clock = "06:30"
    """Local time of the edition, as HH:MM."""
    zone: Annotated[str, Field(min_length=1, max_length=60)] = "UTC"
    """Time zone of that time, an IANA name such as "Europe/Zurich"."""
    days: tuple[_Weekday, ...] = _WEEK
    """Weekdays with an edition; at least one."""
    holidays: tuple[date, ...] = ()
    """Local dates without an edition, such as "2026-12-25"."""
    grace_hours: Annotated[float, Field(ge=0, le=24)] = 6
    """Hours after its time in which a late edition is still made, and marked late. An edition at
    most ten minutes late counts as on time and is always made."""
    empty: Literal["skip", "note"] = "skip"
    """On a day with nothing to print: "skip" it, or send readers a "note" that says so."""
    week: Annotated[
        str, _AsClock, Field(pattern=r"^((mon|tue|wed|thu|fri|sat|sun) ([01]\d|2[0-3]):[0-5]\d)?$")
    ] = ""
    """Weekday and local time of the week in review, which ends on that day, such as "fri 17:00";
    none on a holiday. Empty: it is made by `briefing publish --week` alone."""
    collect_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    """Minutes between two runs of collect."""

    @field_validator("zone")
    @classmethod
    def _known(cls, value: str) -> str:
        if not zone(value):
            near = zone_near(value)
            reason = Translatable('must be a time zone such as "Europe/Zurich"')
            guess = Translatable('did you mean "{word}"?', word=near)
            raise ValueError(
                Translatable("{first}; {second}", first=reason, second=guess) if near else reason
            )
        return value

    @field_validator("days")
    @classmethod
    def _some(cls, value: tuple[_Weekday, ...]) -> tuple[_Weekday, ...]:
        if not value or len(set(value)) < len(value):
            raise ValueError(Translatable("must list at least one day, and each only once"))
        return value


_Deadline = Annotated[
    str,
    _AsClock,
    Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|\+([1-9]|[1-9]\d|[1-9]\d\d|1[0-3]\d\d))?$"),
]


class ReleaseSettings(Table):
    """Who must release an edition before it leaves."""

    by: Annotated[int, Field(ge=0, le=2)] = 0
    """Operators who must release an edition; until then it is a draft, and nothing of it is sent or
    shown to readers. 0: it is published when it is made."""
    deadline: _Deadline = ""
    """Until when: the next local time after that of the edition, such as "07:15", or minutes after
    it, such as "+45". Empty: there is no deadline, and a draft waits until the next edition."""
    at_deadline: Literal["hold", "go"] = "hold"
    """What happens to a draft that nobody has released by then: "hold", it keeps waiting, and
    operators are alerted; or "go", it is published."""
    reviewers: tuple[Annotated[str, Field(pattern=r"^[^\s@]+@[^\s@]+$")], ...] = ()
    """Mail addresses that are sent a link to each new draft. Needs mail.sender."""

    @property
    def rule(self) -> ReleaseRule:
        """The rule in the type of the core."""
        end: time | timedelta | None = None
        if self.deadline.startswith("+"):
            end = timedelta(minutes=int(self.deadline))
        elif self.deadline:
            end = time.fromisoformat(self.deadline)
        return ReleaseRule(self.by, end, go=self.at_deadline == "go")


class EditionSettings(Table):
    """A further edition of each day, made of what is new since the edition before it."""

    name: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=20, examples=["evening"])
    ]
    """Its name before the date, in addresses and commands, such as "evening"."""
    at: Annotated[_Clock, Field(examples=["18:00"])]
    """Local time, in the zone of `[schedule]`, whose holidays apply as well."""
    days: tuple[_Weekday, ...] = ()
    """Weekdays with this edition; empty: those of `[schedule]`."""
    sections: tuple[str, ...] = ()
    """Names of its sections; empty: all."""
    dateline: Annotated[str, Field(max_length=60), ONE_LINE] = ""
    """Place and time in its folio line."""
    release: Literal["desk", "none"] = "desk"
    """"desk": operators release it as `[release]` says, but until its own deadline; "none": it is
    published when it is made."""
    deadline: _Deadline = ""
    """Until when it must be released, as `release.deadline`."""

    @field_validator("name")
    @classmethod
    def _free(cls, value: str) -> str:
        if value in {FIRST, WEEK}:
            raise ValueError(
                Translatable('must not be "{value}", which is another edition', value=value)
            )
        return value


def _further(first: Timetable, own: EditionSettings, release: ReleaseSettings) -> Timetable:
    """Return the timetable of a further edition, on the days of the first."""
    rule = release.model_copy(
        update={"by": release.by * (own.release == "desk"), "deadline": own.deadline}
    ).rule
    days = tuple(sorted(_WEEK.index(day) for day in own.days)) or first.days
    at = time.fromisoformat(own.at)
    return replace(first, at=at, days=days, release=rule, edition=own.name)


def timetable_of(
    schedule: ScheduleSettings, further: Sequence[EditionSettings], release: ReleaseSettings
) -> Timetable:
    """Return the timetable of the first edition, further editions and weeks in review."""
    editions = Timetable(
        at=time.fromisoformat(schedule.at),
        zone=schedule.zone,
        days=tuple(sorted(_WEEK.index(day) for day in schedule.days)),
        holidays=frozenset(schedule.holidays),
        grace=timedelta(hours=schedule.grace_hours),
        collect_every=timedelta(minutes=schedule.collect_minutes),
        release=release.rule,
    )
    slots = [_further(editions, own, release) for own in further]
    every = sorted([editions, *slots], key=lambda slot: slot.at)
    first, *others = (
        replace(each, others=tuple(slot for slot in every if slot is not each))
        for each in (editions, *slots)
    )
    editions = replace(first, others=tuple(sorted(others, key=lambda slot: slot.at)))
    if not schedule.week:
        return editions
    day, _, at = schedule.week.partition(" ")
    days = (_WEEK.index(day),)
    week = replace(editions, at=time.fromisoformat(at), days=days, step=Step.WEEK, others=())
    return replace(editions, week=week)
