"""From settings to how editions and weeks in review are released, and to whom they go."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from briefing.app.release import ReleasePlan
from briefing.core.model import Edition, MailKind
from briefing.core.schedule import Timetable, deadline, due, zone
from briefing.setup.alert_mail import review_text
from briefing.setup.settings import Settings
from briefing.setup.timetable import timetable_of
from briefing.store import Transaction, deliveries
from briefing.store.drafts import StoredDraft

#: How long a mail to a reviewer is tried: then the next draft is there.
_REVIEW_TRIED = timedelta(days=1)


def release_plan(settings: Settings, *, week: bool = False) -> ReleasePlan:
    """Return how editions, or weeks in review, are released."""
    table = timetable_of(settings)
    timetable = table.week if week and table.week else table
    return ReleasePlan(
        to=partial(_release, life=timedelta(hours=settings.mail.life_hours)),
        ask=partial(_ask, settings=settings, timetable=timetable),
        timetable=timetable,
    )


def _ask(
    tx: Transaction, draft: StoredDraft, at: datetime, *, settings: Settings, timetable: Timetable
) -> None:
    """Have each reviewer sent a link to a draft."""
    if not settings.mail.sender:
        return
    web = settings.web.address
    end = deadline(timetable, draft.stored.day)
    message = review_text(
        draft,
        name=settings.name,
        by=timetable.release.by,
        web=f"{web}/admin/release" if web else "",
        until=end.astimezone(zone(timetable.zone)) if end else None,
    )
    for reviewer in dict.fromkeys(settings.release.reviewers):
        words = f"{reviewer}\n{message}"
        deliveries.put_mail(tx, MailKind.REVIEW, words=words, at=at, until=at + _REVIEW_TRIED)


def _release(tx: Transaction, edition: Edition, at: datetime, *, life: timedelta) -> None:
    """Record to whom an edition goes, and when."""
    deliveries.release(tx, edition.id, at=at, life=life, due=partial(due, day=edition.day, at=at))
