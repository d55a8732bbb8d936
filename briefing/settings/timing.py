"""Settings for when editions are made and released: the first of a day, and further ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, field_validator

from briefing.core.messages import Translatable
from briefing.core.model import FIRST, WEEK, ReleaseRule, Step
from briefing.core.schedule import Timetable, clock_time, zone, zone_near
from briefing.settings.values import ONE_LINE, Table


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
    days: tuple[_Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
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
        if zone(value) is None:
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
    """Local time, in the zone of `[schedule]`, of whose holidays there is none."""
    days: tuple[_Weekday, ...] = ()
    """Weekdays with it; none: those of `[schedule]`."""
    sections: tuple[str, ...] = ()
    """Names of its sections; none: all."""
    dateline: Annotated[str, Field(max_length=60), ONE_LINE] = ""
    """Place and time in its folio line."""
    release: Literal["desk", "none"] = "desk"
    """"desk": operators release it as `[release]` says, but until its own deadline; "none": it is
    published when it is made."""
    deadline: _Deadline = ""
    """Until when it is to be released, as `release.deadline`."""

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
