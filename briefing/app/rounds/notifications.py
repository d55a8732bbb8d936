"""PURE: whether it is time to tell an operator, and in which words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from briefing.app.rounds.alerts import AGAIN, AHEAD, SUBJECT, Alert, AlertKind
from briefing.core.model import Step


@dataclass(frozen=True, slots=True)
class SentAlert:
    """A matter and when it was told last."""

    matter: Alert
    #: Aware UTC.
    at: datetime


class Phase(StrEnum):
    """Why something is told now."""

    BEGAN = "began"
    #: Its reason is another.
    CHANGED = "changed"
    #: Nothing has changed for a day.
    LASTS = "lasts"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be told."""

    phase: Phase
    matter: Alert
    #: Now, aware UTC.
    at: datetime

    @property
    def words(self) -> str:
        """What is told, one line; may hold text from outside."""
        since = f"since {self.matter.since:%d %B %H:%M} UTC"
        if self.phase is Phase.OVER:
            return (
                f"{_over(self.matter)} since {self.at:%d %B %H:%M} UTC; it had not been so {since}"
            )
        if self.phase is Phase.LASTS:
            return f"still, {since}: {self.matter.words}"
        return self.matter.words


def _over(matter: Alert) -> str:
    if matter.kind is AlertKind.FAILING:
        return f"{SUBJECT[Step(matter.key)]} works again"
    if matter.kind is AlertKind.PREFLIGHT:
        return f"{matter.key}: nothing is broken any more"
    if matter.kind is AlertKind.AHEAD:
        return f"the edition of {matter.key.removeprefix(AHEAD)} is dated ahead no more"
    return _OVER[matter.kind]


_OVER = {
    AlertKind.LATE: "the edition is there",
    AlertKind.BLIND: "the edition is there",
    AlertKind.SOURCES: "every source has answered within a day",
    AlertKind.DISK: "there is room where the store is",
}


def decide(
    matters: Sequence[Alert], told: Mapping[str, SentAlert], now: datetime
) -> tuple[Notification, ...]:
    """Return what is to be told now: what is new, has another reason, lasts a day, or is over.

    Figures alone are no other reason.

    Args:
        matters: all that there are now.
        told: by key, what was told and is not known to be over.
        now: aware.
    """
    found = [
        Notification(phase, _with_begin(one, told.get(one.key)), now)
        for one in matters
        if (phase := _phase(one, told.get(one.key), now))
    ]
    here = {one.key for one in matters}
    over = (
        Notification(Phase.OVER, one.matter, now)
        for key, one in told.items()
        if key not in here and not one.matter.once
    )
    return (*found, *over)


def remembered(
    told: Mapping[str, SentAlert],
    matters: Sequence[Alert],
    notices: Sequence[Notification],
    now: datetime,
) -> dict[str, SentAlert]:
    """Return what is told by now: as before, with what was just told, without what is over."""
    here = {one.key for one in matters}
    new = {one.matter.key: SentAlert(one.matter, now) for one in notices}
    return {key: one for key, one in {**told, **new}.items() if key in here}


def _phase(matter: Alert, told: SentAlert | None, now: datetime) -> Phase | None:
    """Return why a matter is told now; None: it is not."""
    if told is None:
        return Phase.BEGAN
    if _reason(matter) != _reason(told.matter):
        return Phase.CHANGED
    # Either way, as a clock may have been set back by any time.
    lasts = abs(now - told.at) >= AGAIN and not matter.once
    return Phase.LASTS if lasts else None


def _reason(matter: Alert) -> tuple[AlertKind, bool, str]:
    return matter.kind, matter.once, re.sub(r"\d+", "0", matter.words)


def _with_begin(matter: Alert, told: SentAlert | None) -> Alert:
    """Return a matter with its first begin: the runs that are looked at may not reach back."""
    if told is None or told.matter.kind is not matter.kind or told.matter.since >= matter.since:
        return matter
    return Alert(matter.kind, matter.key, told.matter.since, matter.words, once=matter.once)
