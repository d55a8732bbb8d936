"""Steps of the round done by a command: the run and who did it are recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from briefing.app.actor import Actor
from briefing.app.rounds import Ended
from briefing.core.edition import slug
from briefing.core.errors import (
    BriefingError,
    BusyError,
    NothingToPrintError,
    StoreError,
    UsageError,
)
from briefing.core.model import Ending, Step
from briefing.setup.clock import now
from briefing.setup.daily import collected, delivered, published, returned
from briefing.setup.settings import Settings
from briefing.store import Store, runs

T = TypeVar("T")

#: How a step ended, by its result.
_ENDED: Mapping[Step, Callable[[Any], Ended]] = MappingProxyType(
    {
        Step.COLLECT: lambda done: collected(done, at=now()),
        Step.PUBLISH: published,
        Step.WEEK: published,
        Step.DELIVER: delivered,
        Step.BOUNCES: returned,
    }
)
#: Errors after which nothing was done that the run log should show.
_NOTHING_DONE = (BusyError, NothingToPrintError, UsageError)


def by_command(  # noqa: PLR0913  what is done, where, and by whom
    step: Step,
    work: Callable[[], T],
    *,
    store: Store,
    settings: Settings,
    actor: Actor,
    day: date | None = None,
) -> T:
    """Do a step and return its result; record it as a run, and in the audit log.

    No alert is sent: whoever runs the command sees its result.

    Raises:
        BriefingError: as the step does; it is recorded as a failure, unless nothing was done.
    """
    began = now()
    try:
        done = work()
    except _NOTHING_DONE:
        raise
    except BriefingError as error:
        # The first error says why; that it cannot be recorded either says nothing new.
        with suppress(StoreError):
            ended = Ended(Ending.FAILED, str(error))
            _record(store, step, ended, settings=settings, actor=actor, day=day, began=began)
        raise
    _record(store, step, _ENDED[step](done), settings=settings, actor=actor, day=day, began=began)
    return done


def _record(  # noqa: PLR0913  one parameter a fact
    store: Store,
    step: Step,
    ended: Ended,
    *,
    settings: Settings,
    actor: Actor,
    day: date | None,
    began: datetime,
) -> None:
    at = now()
    with store.write() as tx:
        number = runs.begin(tx, slug(settings.name), step, at=began, day=day)
        runs.end(tx, number, ending=ended.ending, at=at, words=ended.words, figures=ended.figures)
        actor.note(tx, step.value, str(day or ""), at=at)
