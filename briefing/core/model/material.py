"""What one edition is made of, beside what its operator has decided once and for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

from briefing.core.model.choice import Choice
from briefing.core.model.correction import NO_CORRECTIONS, CorrectionBrief, Corrections
from briefing.core.model.document import Document
from briefing.core.model.edition import Edition, Serial
from briefing.core.model.note import DeskNote
from briefing.core.model.saga import SagaRegister
from briefing.core.model.story import DateAhead

#: How many days back an edition knows what earlier ones printed.
MEMORY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Material:
    """All that came in for one edition."""

    #: With distinct ids.
    documents: Sequence[Document]
    #: The local date of the edition.
    day: date
    #: As :func:`recent` gives them; their sentences are not printed again.
    before: Sequence[Edition] = ()
    #: Inputs that could not be read, with reasons, for the ledger.
    failed: Sequence[tuple[str, str]] = ()
    #: How many further documents were not given at all, by reason, for the ledger.
    left_out: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    #: What is no longer as earlier editions printed it; printed before all news.
    corrections: Corrections = NO_CORRECTIONS
    #: Of editors; they decide what is printed and where, never its words.
    choices: Sequence[Choice] = ()
    #: Which edition it is; None: the one after the edition before.
    serial: Serial | None = None
    #: The desk's own note, printed above the news.
    note: DeskNote | None = None
    #: The editions of the last 30 days, with whose stories those of today may go on; empty: the
    #: same as before.
    weeks: Sequence[Edition] = ()
    #: Which of their stories are which saga; None: what they say themselves.
    register: SagaRegister | None = None
    #: What earlier editions announced for this day, with the documents of its words.
    due: Sequence[tuple[DateAhead, Document]] = ()

    @property
    def previous(self) -> Edition | None:
        """The edition before."""
        return next(iter(self.before), None)

    @property
    def which(self) -> Serial:
        """Which edition it is."""
        return self.serial or Serial(self.previous.number + 1 if self.previous else 1)


@dataclass(frozen=True, slots=True)
class WeekMaterial:
    """All that a week in review is made of."""

    #: Its last local date.
    day: date
    #: The editions of the seven days up to it, at least one, the first first and one a day. What
    #: they announce beyond their panels stands alone.
    editions: Sequence[Edition]
    #: Which of their stories are which saga.
    register: SagaRegister
    #: What they printed and is no longer so, whether or not one of them has told.
    wrong: Sequence[CorrectionBrief] = ()
    #: Which of the weeks in review it is.
    serial: Serial = field(default_factory=lambda: Serial(1))

    @property
    def first(self) -> date:
        """The first local date of the week."""
        return self.day - MEMORY + timedelta(days=1)


def recent(editions: Iterable[Edition], *, day: date) -> tuple[Edition, ...]:
    """Return the editions that one of a day knows, the newest first and one a day.

    These are the edition before, however old, and the others of the seven days before.
    """
    by_day = {one.day: one for one in sorted(editions, key=lambda one: one.number)}
    newest = max(by_day, default=day)
    days = sorted((one for one in by_day if one == newest or day - one <= MEMORY), reverse=True)
    return tuple(by_day[one] for one in days)
